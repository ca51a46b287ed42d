package dev.leasehold.memory.permanent

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.Segment
import dev.leasehold.memory.access
import dev.leasehold.memory.internal.permanent.AppendBuffer
import dev.leasehold.memory.internal.permanent.BufferList
import dev.leasehold.memory.internal.permanent.PermanentMessages
import dev.leasehold.memory.internal.permanent.Placement
import dev.leasehold.memory.internal.permanent.PrivateBuffers
import dev.leasehold.memory.internal.permanent.RegistryBuffers
import dev.leasehold.memory.internal.permanent.RegistryMaking
import dev.leasehold.memory.internal.permanent.SpaceCharge
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.hex
import dev.leasehold.memory.permanent.AddressSpace.looking
import java.lang.foreign.MemorySegment
import java.util.function.Function

/**
 * A buffer of memory that lives to the end of the process, never moves, and is only ever appended to, at an address that
 * was asked for. All that use this library in a process share the same buffers, also from class loaders of their own and
 * with other versions of the library; so small things cost no page each. Another process finds them by the number of
 * this one, see [ProcessMemory].
 *
 * ```
 * val memory = PermanentMemory.obtain(table.size, AddressRange.around(library, 2.GiB), alignment = 64)
 * val address = memory.append(table, alignment = 64)
 * ```
 *
 * [obtain] gives a buffer that has the room now; others may append to it before the caller does, who then obtains again.
 * Nothing is ever freed or resized: there is no way to. For memory that is, see [AddressSpace.allocatePrivate], pools
 * and managers. Pages are never executable.
 *
 * **Ownership.** Nobody's.
 * **Threads.** Any, and any process. No append waits for another, and one whose process dies in the middle of it stops
 * nobody: it leaves some bytes unused.
 * **Zeroed.** Yes.
 * **Cost.** An append is a compare-and-set and the copy. Its pages are populated, and up to 64 KiB ahead of it: a
 * microsecond and more for each page, also of what is only reserved. A thread that appends much uses an [appender].
 *
 * @sample dev.leasehold.memory.samples.permanentMemory
 */
public class PermanentMemory internal constructor(buffer: AppendBuffer) : PermanentSink(buffer) {
    /** The address of its first byte, in the process that it belongs to. */
    public val base: Long get() = buffer.address

    /** How many bytes it has, used ones included. */
    public val size: Long get() = buffer.size

    override val remaining: Long get() = access(buffer.bytes, 0, 0) { buffer.remaining }

    @JvmSynthetic
    override fun fits(size: Long, alignment: Long): Boolean = buffer.fits(size, alignment)

    @JvmSynthetic
    override fun claim(size: Long, alignment: Long): Long = buffer.claim(size, alignment)

    /** Whether the [size] bytes at [address], of the process that this belongs to, are in this buffer. */
    public fun holds(address: Long, size: Long): Boolean = size >= 0 && buffer.holds(address, size)

    /**
     * A view of the [size] bytes at [address], of the process that this belongs to. It lives as long as the process
     * does; of the buffer of another process, as long as its [ProcessMemory] is open.
     *
     * @throws PermanentAddressException when they are not all in this buffer
     */
    @JvmSynthetic
    public fun view(address: Long, size: Long): Segment = Segment.of(asMemorySegment(address, size))

    /** [view] for Java. */
    public fun asMemorySegment(address: Long, size: Long): MemorySegment {
        if (!holds(address, size)) throw PermanentAddressException(address, size, base, this.size)
        return buffer.bytes.asSlice(address - base, size)
    }

    /**
     * A part of this for one thread, to which it appends without a shared variable.
     *
     * **Ownership.** The caller closes it. **Threads.** The caller's.
     * **Cost.** Nothing before the first append.
     */
    public fun appender(): PermanentAppender = PermanentAppender(this, true, 0, 0)

    /**
     * Runs [action] with [size] bytes that lie together, at a multiple of [alignment]: what it appends has nothing of
     * others in between. What it does not use is given back, if nothing lies behind it.
     *
     * The size is asked for first, as a lock in its place would let one that dies stop all others.
     *
     * **Ownership.** The room ends with the brace, and what was appended stays. **Threads.** The caller's.
     * **Cost.** One compare-and-set for all of it, and one to give the rest back.
     *
     * @throws PermanentMemoryFullException when they do not fit
     * @throws InvalidSizeException when [size] is negative
     * @throws InvalidAlignmentException when [alignment] is no power of two up to 1 GiB
     */
    @JvmSynthetic
    public inline fun <R> exclusively(size: Long, alignment: Long = 1, action: PermanentAppender.() -> R): R =
        exclusive(size, alignment).use { it.action() }

    /** [exclusively] for Java. */
    @JvmOverloads
    public fun <R> exclusively(size: Long, alignment: Long = 1, action: Function<in PermanentAppender, out R>): R =
        exclusive(size, alignment).use(action::apply)

    @PublishedApi
    @JvmSynthetic
    internal fun exclusive(size: Long, alignment: Long): PermanentAppender {
        val start = require(size, alignment)
        return PermanentAppender(this, false, start, start + size)
    }

    /** Whether it is the same buffer. */
    override fun equals(other: Any?): Boolean = other is PermanentMemory && other.buffer === buffer

    /** The same for every holder of the same buffer. */
    override fun hashCode(): Int = base.hashCode()

    /** Where it lies, for logs. */
    override fun toString(): String = "PermanentMemory(${bytes(size)} at ${hex(base)})"

    /** Gives buffers. */
    public companion object {
        private val space = Platform.current.space
        private val registered = RegistryBuffers(space, RegistryMaking(space))
        private val shared = BufferList(space, registered, { Charges.shared }, ::PermanentMemory)
        private val alone = BufferList(space, PrivateBuffers(space), { Charges.shared }, ::PermanentMemory)

        /**
         * What permanent memory is charged to, below the [root][MemoryBudget.root]: all buffers that this copy of the
         * library has made, whole, and what [AddressSpace.allocatePrivate] has out. The registry, which is 16 KiB and as
         * much again for each 254 buffers, belongs to no copy and counts nowhere. Its [limit][MemoryBudget.limit] can
         * be set.
         */
        @JvmStatic
        public val budget: MemoryBudget get() = Charges.budget

        /** What memory is charged to that is placed and freed. */
        internal val placed: SpaceCharge get() = Charges.placed

        /**
         * A buffer in [range] with room for [size] bytes at a multiple of [alignment]: the first that has it, of all in
         * the process, or else a new one. For less than 64 KiB a new one is larger, as others will need some too.
         *
         * **Cost.** Some nanoseconds for each buffer that is known, without a system call, where one fits. Else the
         * registry of the process is looked at, and if need be its map. The first call in a process makes the registry:
         * milliseconds.
         *
         * @throws AddressRangeExhaustedException when the range has no room
         * @throws BudgetExceededException when [budget], or one above it, refuses
         * @throws PermanentMemoryAccessException when the system does not let memory be shared
         * @throws InvalidSizeException when [size] is negative, or above 128 TiB
         * @throws InvalidAlignmentException when [alignment] is no power of two up to 1 GiB
         * @throws UnsupportedOperationException where this library does not know the address space of the system
         */
        @JvmStatic
        @JvmOverloads
        public fun obtain(
            size: Long,
            range: AddressRange = AddressRange.ANYWHERE,
            alignment: Long = 1,
        ): PermanentMemory {
            checkPermanentSize(size)
            checkPermanentAlignment(alignment)
            return looking {
                shared.obtain(size, range.first, range.last, alignment) { throw refusal(it, size, range) }
            }
        }

        /**
         * [obtain] of buffers that nobody else finds: neither other class loaders nor other processes. There is no
         * registry. At any address it needs nothing that a system could forbid, and works on every system; for a range
         * the map of the process is read.
         *
         * @throws AddressRangeExhaustedException when the range has no room
         * @throws BudgetExceededException when [budget], or one above it, refuses
         * @throws PermanentMemoryAccessException when the system does not let this process look at its own map
         * @throws InvalidSizeException when [size] is negative, or above 128 TiB
         * @throws InvalidAlignmentException when [alignment] is no power of two up to 1 GiB
         * @throws UnsupportedOperationException for a range, where this library does not know the address space of the
         *   system
         */
        @JvmStatic
        @JvmOverloads
        public fun obtainPrivate(
            size: Long,
            range: AddressRange = AddressRange.ANYWHERE,
            alignment: Long = 1,
        ): PermanentMemory {
            checkPermanentSize(size)
            checkPermanentAlignment(alignment)
            return looking {
                alone.obtain(size, range.first, range.last, alignment) { throw AddressSpace.exhausted(it, size, range) }
            }
        }

        /**
         * All shared buffers of this process, in the order in which they were made, also those of other copies of the library.
         *
         * @throws PermanentMemoryAccessException when the system does not let this process look at itself
         * @throws UnsupportedOperationException where this library does not know the address space of the system
         */
        @JvmStatic
        public fun buffers(): List<PermanentMemory> = looking { shared.all() }

        // It was the registry, when there is room.
        private fun refusal(placement: Placement, size: Long, range: AddressRange): RuntimeException {
            val registry = registered.requireRegistry()
            return when {
                registry == null -> PermanentMemoryAccessException(PermanentMessages.unshared(space.name))
                !registry.isOpen -> PermanentMemoryAccessException(PermanentMessages.lostDescriptor())
                else -> AddressSpace.exhausted(placement, size, range)
            }
        }

        /** The registry and the list of its buffers, for tables. */
        internal val registry: RegistryBuffers get() = registered

        /** The buffer that has the [size] bytes at [address]; null for none. */
        internal fun holding(address: Long, size: Long): AppendBuffer? = shared.holding(address, size)
    }

    private object Charges {
        val budget = MemoryBudget("permanent")
        val shared = SpaceCharge("permanent", budget)
        val placed = SpaceCharge("private", budget)
    }
}
