package dev.leasehold.memory

import dev.leasehold.memory.internal.access.counted
import dev.leasehold.memory.internal.block.GuardBytes
import dev.leasehold.memory.internal.block.LeaseTrace

/** The messages of a block that refuses: which block, of whom, what was tried and what to do. */
internal object BlockRefusals {
    fun closed(block: Block, verb: String, trace: LeaseTrace?, cleared: Boolean): BlockClosedException =
        if (cleared) cleared(block, verb) else closed(block, verb, trace)

    private fun cleared(block: Block, verb: String) = BlockClosedException(
        "${block.describe()} was $verb after manager '${block.manager.name}' had taken all " +
            "of its blocks back: allocate anew after a clear",
        block.manager.name,
        block.size,
    )

    private fun closed(block: Block, verb: String, trace: LeaseTrace?) = BlockClosedException(
        "${block.describe()} from manager '${block.manager.name}' was $verb " +
            "after its last reference had been given back" + remedy(verb) +
            (trace?.sites() ?: "; set traceSites = true on the manager to see where it was allocated and closed"),
        block.manager.name,
        block.size,
    )

    fun busy(block: Block): BlockBusyException = BlockBusyException(
        "${block.describe()} from manager '${block.manager.name}' is being resized or " +
            "transferred by another thread: let one holder do it and hand the result on",
        block.manager.name,
        block.size,
    )

    fun damaged(
        managerName: String,
        block: String,
        size: Long,
        damage: GuardBytes.Damage,
        trace: LeaseTrace,
    ): GuardBytesException = GuardBytesException(
        "$block was written outside of its bounds: ${counted(damage.bytes, "byte")} " +
            (if (damage.offset < 0) "before its start" else "behind its end") +
            (if (damage.bytes == 1L) " is overwritten, at" else " are overwritten, the first at") +
            " offset ${damage.offset} with 0x${damage.found.toHexString()}; " +
            "native code, or a pointer made from an address, did that while the block was held${trace.sites()}",
        managerName,
        size,
        damage.offset,
    )

    private fun remedy(verb: String) =
        if (verb == "closed") ": close once for the allocation and once for each retain" else ""
}
