@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.device

import dev.leasehold.memory.BudgetClosedException
import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.ManagerStatistics
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.device.internal.DevicePages
import dev.leasehold.memory.device.internal.OpenDevice
import dev.leasehold.memory.internal.spi.ForeignPages
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.allocateBufferAt
import dev.leasehold.memory.internal.spi.firstFailure
import dev.leasehold.memory.internal.spi.foreignManager
import dev.leasehold.memory.internal.spi.invalidConfiguration
import dev.leasehold.memory.internal.spi.newManagerOptions
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.UniqueBuffer
import java.util.function.Consumer

/**
 * A manager of one device's memory, and of the host's memory that goes with it.
 *
 * | | lies | for |
 * |---|---|---|
 * | [allocateBuffer] | on the device | what code on the device works with |
 * | [pinned] | in the process, kept in place | what travels to the device and back: the fastest transfers |
 * | [unified] | where both reach it | what both work with, without a transfer, where the device can |
 *
 * All three come out of caches over what the driver lends, as the blocks of a
 * [SystemMemoryManager][dev.leasehold.memory.SystemMemoryManager] come out of what the system does; they draw on one
 * [budget], and stand in figures, snapshots and leak reports under their names: that of this manager, and
 * `<name> pinned` and `<name> unified`.
 *
 * The limit of the budgets' root is the machine's memory, which has nothing to do with that of a device: where a device
 * has more than the machine, raise that limit.
 *
 * **Ownership.** Its maker closes it, after its buffers; a buffer stays good when it is closed.
 * **Threads.** Any. **Zeroed.** Only where [allocateZeroedBuffer] says so.
 * **Cost.** Some hundred nanoseconds for a buffer that a cache has, up to 64 MiB; else a call of the driver.
 *
 * @sample dev.leasehold.memory.samples.deviceRoundTrip
 */
public class DeviceMemoryManager private constructor(
    /** The device whose memory it is. */
    public val device: Device,
    /** The name that figures and errors carry. */
    public val name: String,
    private val options: ManagerOptions,
    private val ofProcess: Boolean,
) : AutoCloseable {
    private val own = manager(name, ForeignPages.Kind.DEVICE)

    // Made at their first use. Under this object's lock.
    private var pinnedManager: MemoryManager? = null
    private var unifiedManager: MemoryManager? = null

    private fun manager(name: String, kind: ForeignPages.Kind): MemoryManager =
        foreignManager(name, DevicePages(device.driver, device.index, kind), options)

    /** The budget that all draws on. */
    public val budget: MemoryBudget get() = own.budget

    /**
     * The most bytes that the device's driver may be held to lend; [Long.MAX_VALUE] when only the [budget] and the
     * device bound it. It can be changed at any time, as [MemoryManager.limit].
     */
    public var limit: Long by own::limit

    /** Whether it refuses to allocate because it has been closed. A moment's truth, for diagnosis. */
    public val isClosed: Boolean get() = own.isClosed

    /**
     * Host memory that stays where it is, so that the device moves it by itself: transfers from and to it are the
     * fastest, and go on beside what the host does. It counts in the same [budget], under a limit of its own.
     *
     * **Cost.** To pin pages is dear, and what is pinned other programs cannot have: take what staging needs.
     *
     * @throws ManagerClosedException when this manager is closed
     */
    public val pinned: MemoryManager
        @Synchronized get() {
            requireOpen()
            return pinnedManager ?: manager("$name pinned", ForeignPages.Kind.PINNED).also { pinnedManager = it }
        }

    /**
     * Memory that the host and the device reach by the same addresses: nothing is ever transferred, and ownership moves
     * between the two without a copy. Only one of them should write at a time.
     *
     * @throws UnsupportedOperationException when the [device] has none: see [Device.sharesMemory]
     * @throws ManagerClosedException when this manager is closed
     */
    public val unified: MemoryManager
        @Synchronized get() {
            if (!device.sharesMemory) {
                throw UnsupportedOperationException(
                    "$device shares no memory with the host: allocate on it, and copy from and to pinned memory",
                )
            }
            requireOpen()
            return unifiedManager ?: manager("$name unified", ForeignPages.Kind.UNIFIED).also { unifiedManager = it }
        }

    // Closed as the manager of the device's memory is, in its words.
    private fun requireOpen() {
        if (isClosed) own.allocate(0).close()
    }

    /**
     * Allocates a buffer of [count] elements of [type] on the device. The host cannot read it there: its `view()` is
     * refused, and [copyTo], [toHost] and their kind reach it.
     *
     * **Ownership.** The caller's, who closes it. **Threads.** Any. **Zeroed.** Not. **Cost.** See
     * [DeviceMemoryManager].
     *
     * @throws InvalidSizeException when [count] is negative, or the bytes are above what the [limit] allows
     * @throws MemoryExhaustedException when the limit, a budget ([BudgetExceededException]) or the driver stops it,
     *   after what lay idle here was given back; the message says which
     * @throws DeviceException when the driver cannot for another reason, such as that the device has gone
     * @throws ManagerClosedException when the manager is closed
     */
    public fun <E> allocateBuffer(type: ElementType<E>, count: Long): UniqueBuffer<E> =
        orWhyNot { own.allocateBufferAt(type, count, device.driver.facts.alignment) }

    // To whom the device is lost, its memory is not used up.
    private inline fun <R> orWhyNot(allocate: () -> R): R {
        val refusal = device.driver.refusal
        refusal.forget()
        try {
            return allocate()
        } catch (exhausted: MemoryExhaustedException) {
            throw refusal.failure?.let(::translated) ?: exhausted
        }
    }

    /**
     * [allocateBuffer] of bytes that are zero, which the device makes so. Throws what that does, and:
     *
     * @throws DeviceException when the device cannot fill it; nothing stays allocated
     */
    public fun <E> allocateZeroedBuffer(type: ElementType<E>, count: Long): UniqueBuffer<E> {
        val buffer = allocateBuffer(type, count)
        try {
            buffer.fill(0)
            return buffer
        } catch (failure: Throwable) {
            buffer.close()
            throw failure
        }
    }

    /** The figures of the device's memory; [pinned] and [unified] have their own. */
    public fun stats(): ManagerStatistics = own.stats()

    /** Gives idle memory of all three kinds back to the driver; returns how many bytes went. */
    @IgnorableReturnValue
    public fun trim(): Long = own.trim() + others().sumOf { it.trim() }

    /**
     * Refuses from now on, and gives all back that is idle; what is allocated follows as it is closed.
     *
     * @throws OutstandingBlocksException when buffers are still open; the manager *is* closed
     * @throws UnsupportedOperationException for the process's own ([Device.memory])
     */
    override fun close() {
        if (ofProcess) throw UnsupportedOperationException("the process's own manager of $device cannot be closed")
        // The device's own first: from then on nobody makes the others.
        var failure = closing(own, null)
        for (manager in others()) failure = closing(manager, failure)
        if (failure != null) throw failure
    }

    private fun closing(manager: MemoryManager, before: Throwable?): Throwable? = try {
        manager.close()
        before
    } catch (outstanding: OutstandingBlocksException) {
        firstFailure(before, outstanding)
    }

    @Synchronized
    private fun others(): List<MemoryManager> = listOfNotNull(unifiedManager, pinnedManager)

    /** The name and the device, for logs. */
    override fun toString(): String = "DeviceMemoryManager('$name' on device ${device.index}, ${device.name})"

    /** Makes managers. */
    public companion object {
        private const val IDLE_BYTES = 64L shl 20

        /**
         * Makes a manager of the memory of [device]: `DeviceMemoryManager("frames", device) { limit = 512.MiB }`. The
         * caller closes it.
         *
         * @param name what figures and errors call it
         * @param configure sets its options, those of all three kinds of memory; the limit is one for each
         * @throws MemoryConfigurationException when the name is blank, figures contradict each other, or it is to be
         *   checked, which it cannot be
         * @throws BudgetClosedException when its budget is closed
         */
        @JvmSynthetic
        public operator fun invoke(
            name: String,
            device: Device,
            configure: ManagerOptions.() -> Unit = {},
        ): DeviceMemoryManager = make(name, device, configure, ofProcess = false)

        /** Makes a manager with the default options, for Java. The caller closes it. */
        @JvmStatic
        public fun of(name: String, device: Device): DeviceMemoryManager = make(name, device, {}, ofProcess = false)

        /** Makes a manager with the options that [configure] sets, for Java: as [DeviceMemoryManager] in Kotlin. */
        @JvmStatic
        public fun of(name: String, device: Device, configure: Consumer<in ManagerOptions>): DeviceMemoryManager =
            make(name, device, configure::accept, ofProcess = false)

        /** The manager that nobody closes. */
        internal fun ofProcess(device: Device): DeviceMemoryManager =
            make("device ${device.index}", device, {}, ofProcess = true)

        private fun make(
            name: String,
            device: Device,
            configure: ManagerOptions.() -> Unit,
            ofProcess: Boolean,
        ): DeviceMemoryManager {
            // What lies idle on a device is dear to get anew.
            val options = newManagerOptions().apply { idleBound = IDLE_BYTES }.apply(configure)
            if (options.checked) {
                throw invalidConfiguration(
                    "manager '$name' cannot be checked: the host cannot read guard bytes on a device",
                )
            }
            OpenDevice.use(device.opened)
            return DeviceMemoryManager(device, name, options, ofProcess)
        }
    }
}
