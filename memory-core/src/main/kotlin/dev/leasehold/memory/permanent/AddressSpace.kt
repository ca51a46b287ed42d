package dev.leasehold.memory.permanent

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.internal.permanent.PermanentMessages
import dev.leasehold.memory.internal.permanent.Placement
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.ProcessRefusal
import dev.leasehold.memory.internal.platform.SystemSpace

/**
 * The addresses of this process: what lies where, and where something else could lie.
 *
 * **Threads.** Any. Others map and unmap memory at any time, so each answer is a moment's truth; only what was allocated
 * is there to stay.
 *
 * Every function throws [PermanentMemoryAccessException] where the system does not let this process look at itself, and
 * [UnsupportedOperationException] where this library does not know the address space of the system; it knows that of
 * Linux. Only [allocatePrivate] at any address works everywhere.
 */
public object AddressSpace {
    private val space: SystemSpace get() = Platform.current.space

    /**
     * All that is mapped, in the order of the addresses.
     *
     * **Cost.** Some tens of microseconds for the two hundred regions of a small process.
     */
    @JvmStatic
    public fun regions(): List<MemoryRegion> = looking { MemoryRegion.listOf(space.regions()) }

    /**
     * Where [allocatePrivate] could allocate [size] bytes now: nothing is taken.
     *
     * @throws AddressRangeExhaustedException when that is nowhere
     * @throws InvalidSizeException when [size] is not positive, or above 128 TiB
     * @throws InvalidAlignmentException when [alignment] is no power of two up to 1 GiB
     */
    @JvmStatic
    @JvmOverloads
    public fun findLocation(size: Long, range: AddressRange = AddressRange.ANYWHERE, alignment: Long = 1): Long =
        tryFindLocation(size, range, alignment) ?: throw exhausted(placementOf(size, range, alignment), size, range)

    /** [findLocation], or null when that is nowhere. */
    @JvmStatic
    @JvmOverloads
    public fun tryFindLocation(size: Long, range: AddressRange = AddressRange.ANYWHERE, alignment: Long = 1): Long? =
        looking { placementOf(size, range, alignment).find().takeIf { it != 0L } }

    /**
     * Allocates [size] bytes in [range], at a multiple of [alignment] and of the page size, for this process alone.
     *
     * **Ownership.** The caller closes it, which frees it.
     * **Zeroed.** Yes.
     * **Cost.** A look at the map of the process, and a system call: some tens of microseconds.
     *
     * @throws AddressRangeExhaustedException when the range has no room
     * @throws BudgetExceededException when [PermanentMemory.budget], or one above it, refuses
     * @throws InvalidSizeException when [size] is not positive, or above 128 TiB
     * @throws InvalidAlignmentException when [alignment] is no power of two up to 1 GiB
     */
    @JvmStatic
    @JvmOverloads
    public fun allocatePrivate(
        size: Long,
        range: AddressRange = AddressRange.ANYWHERE,
        alignment: Long = 1,
    ): PrivateMemory {
        val placement = placementOf(size, range, alignment)
        val memory = looking { PrivateMemory.allocate(size, placement.bytes, space) { placement.place(it) } }
        return memory ?: throw exhausted(placement, size, range)
    }

    private fun placementOf(size: Long, range: AddressRange, alignment: Long): Placement {
        checkPermanentSize(size)
        checkPermanentAlignment(alignment)
        if (size == 0L) throw InvalidSizeException(PermanentMessages.NO_SIZE, size)
        return Placement(space, range.first, range.last, size, alignment)
    }

    /** Runs [action], which looks at the map of this process, and explains the system's refusal if there is one. */
    internal inline fun <R> looking(action: () -> R): R = try {
        action()
    } catch (refusal: ProcessRefusal) {
        throw PermanentMemoryAccessException(PermanentMessages.blind(refusal.reason))
    }

    /** The exception for [size] bytes for which [placement] has found no room in [range]. */
    internal fun exhausted(placement: Placement, size: Long, range: AddressRange): AddressRangeExhaustedException {
        val found = PermanentMessages.exhausted(placement, space, size, range.first, range.last)
        return AddressRangeExhaustedException(found.message, size, range.first, range.last, found.largestGap)
    }
}
