package dev.leasehold.memory.permanent

import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.access
import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.permanent.AppendBuffer
import dev.leasehold.memory.internal.permanent.BufferList
import dev.leasehold.memory.internal.permanent.ForeignMemory
import dev.leasehold.memory.internal.permanent.TableMemory
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.ProcessRefusal
import dev.leasehold.memory.internal.platform.SystemSpace
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.util.concurrent.atomic.AtomicBoolean

/**
 * Another process, seen from this one: its permanent memory, which can be read and appended to where it lies, and all
 * other memory of it, of which copies can be read by address.
 *
 * ```
 * ProcessMemory.open(process).use { other ->
 *     for (memory in other.buffers()) println("${memory.size - memory.remaining} bytes at ${memory.base}")
 * }
 * ```
 *
 * Whether a process permits that is the system's decision: that of the same user does, as far as `ptrace` is allowed.
 *
 * **Ownership.** The code that opens it closes it; then all that was taken from it throws.
 * **Threads.** Any.
 * **Cost.** To open one, and to list what it has, is some system calls for each descriptor and region of the process: a
 * tenth of a millisecond for a small one. What is appended there has no pages populated before.
 *
 * @property process the number of the process, as this process sees it
 * @sample dev.leasehold.memory.samples.processMemory
 */
public class ProcessMemory private constructor(
    public val process: Long,
    private val space: SystemSpace,
    private val descriptor: Int,
    private val foreign: ForeignMemory,
) : AutoCloseable {
    private val list = BufferList(space, foreign, { error("no buffer is made in another process") }, ::PermanentMemory)
    private val isClosed = AtomicBoolean()

    /**
     * The buffers of permanent memory that the process has made so far; none when it has made none. They lie at other
     * addresses here: [PermanentMemory.view] leads from an address of the process to its bytes.
     *
     * @throws ProcessGoneException when it has ended
     * @throws ProcessAccessException when it does not permit that
     * @throws ProcessMemoryClosedException when this is closed
     */
    public fun buffers(): List<PermanentMemory> = asking { list.all() }

    /** The table of the process that is called [name]; null when there is none. Throws what [buffers] does. */
    public fun table(name: String): PermanentTable? = asking {
        foreign.first?.let { PermanentTable.find(name, Memory(it)) }
    }

    /** The names of the tables of the process, the oldest first. Throws what [buffers] does. */
    public fun tables(): List<String> = asking { foreign.first?.let { PermanentTable.names(Memory(it)) }.orEmpty() }

    /** All that is mapped in the process, in the order of the addresses. Throws what [buffers] does. */
    public fun regions(): List<MemoryRegion> = asking { MemoryRegion.listOf(space.regions(process)) }

    /**
     * Fills [into] with the bytes at [address] of the process, whatever they are there. They are a copy, and if the
     * process changes them meanwhile, of no one moment.
     *
     * **Cost.** A system call: some microseconds for 4 KiB.
     *
     * @throws AddressNotMappedException when a part of them is not mapped there, or cannot be read
     * @throws ProcessGoneException when it has ended
     * @throws ProcessAccessException when it does not permit that
     * @throws ProcessMemoryClosedException when this is closed
     */
    @JvmSynthetic
    public fun read(address: Long, into: Segment): Unit = read(address, into.asMemorySegment())

    /** [read] for Java. */
    public fun read(address: Long, into: MemorySegment): Unit = asking {
        // The system writes to whatever address it gets: not into memory that has ended, or is another thread's.
        Arena.ofConfined().use { arena ->
            val copy = arena.allocate(minOf(into.byteSize(), MOST_AT_ONCE))
            var done = 0L
            while (done < into.byteSize()) {
                val read = readInto(copy.asSlice(0, minOf(copy.byteSize(), into.byteSize() - done)), address + done)
                access(into, done, read) { MemorySegment.copy(copy, 0, into, done, read) }
                done += read
            }
        }
    }

    private fun readInto(copy: MemorySegment, address: Long): Long {
        val read = try {
            space.read(process, address, copy)
        } catch (refusal: ProcessRefusal) {
            if (refusal.errno != ProcessRefusal.BAD_ADDRESS) throw refusal
            0
        }
        // The number may be another's by now.
        if (!space.isAlive(descriptor)) throw ProcessGoneException(process)
        if (read == 0L) throw AddressNotMappedException(process, address)
        return read
    }

    private inline fun <R> asking(action: () -> R): R {
        requireOpen()
        val answer = asking(process, action)
        // Its number may be another's by now, and the answer that of the other.
        if (!space.isAlive(descriptor)) throw ProcessGoneException(process)
        return answer
    }

    private fun requireOpen() {
        if (isClosed.get()) throw ProcessMemoryClosedException(process)
    }

    /**
     * Ends all that was taken from it; the other process notices nothing. Closing again does nothing.
     *
     * **Cost.** A handshake with all threads, tens of microseconds or more.
     *
     * @throws MemoryBusyException when a native call or an input/output operation uses it; nothing has changed
     */
    override fun close() {
        if (!isClosed.compareAndSet(false, true)) return
        try {
            if (foreign.tryClose()) return
        } finally {
            if (!foreign.isOpen) space.close(descriptor)
        }
        isClosed.set(false)
        val what = "the memory of process $process is in use by a native call or an input/output operation"
        throw MemoryBusyException("$what: close it when that has ended", "process $process", 0)
    }

    /** Which process it is, for logs. */
    override fun toString(): String = "ProcessMemory(process $process)"

    /** The memory of the other process, for tables. */
    private inner class Memory(override val registry: FileWords) : TableMemory {
        override fun requireOpen() = this@ProcessMemory.requireOpen()

        override fun holding(address: Long, size: Long): AppendBuffer? {
            requireOpen()
            return asking(process) { list.holding(address, size) }
        }

        override fun claim(size: Long): Long {
            requireOpen()
            val known = list.find(size, 0, -1, Long.SIZE_BYTES.toLong())
            val quick = known?.claim(size, Long.SIZE_BYTES.toLong()) ?: AppendBuffer.REFUSED
            if (known != null && quick >= 0) return known.base + quick
            var most = 0L
            for (memory in buffers()) {
                val start = memory.claim(size, Long.SIZE_BYTES.toLong())
                if (start >= 0) return memory.base + start
                most = maxOf(most, memory.remaining)
            }
            throw PermanentMemoryFullException(size, Long.SIZE_BYTES.toLong(), most)
        }
    }

    /** Opens processes. */
    public companion object {
        private const val MOST_AT_ONCE = 1L shl 20

        /**
         * Opens the process of the number [process].
         *
         * @throws ProcessGoneException when there is none
         * @throws ProcessAccessException when the system does not let it be looked at
         * @throws UnsupportedOperationException where this library does not know the address space of the system
         */
        @JvmStatic
        public fun open(process: Long): ProcessMemory = open(process, Platform.current.space)

        @JvmSynthetic
        internal fun open(process: Long, space: SystemSpace): ProcessMemory = asking(process) {
            if (process !in 1..Int.MAX_VALUE) throw ProcessGoneException(process)
            val descriptor = space.openProcess(process)
            var opened: ProcessMemory? = null
            try {
                // First the descriptor, so that what is read next is still of the same process.
                val identity = space.identity(process)
                if (identity == null || !space.isAlive(descriptor)) throw ProcessGoneException(process)
                opened = ProcessMemory(process, space, descriptor, ForeignMemory(space, process, identity))
            } finally {
                if (opened == null) space.close(descriptor)
            }
            opened
        }

        private inline fun <R> asking(process: Long, action: () -> R): R = try {
            action()
        } catch (refusal: ProcessRefusal) {
            throw if (refusal.isGone) ProcessGoneException(process) else ProcessAccessException(process, refusal.reason)
        }
    }
}
