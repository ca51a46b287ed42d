package dev.leasehold.memory.internal.manager

import dev.leasehold.memory.internal.block.GuardBytes
import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.block.Trace
import dev.leasehold.memory.internal.platform.counted

/** The messages of a block that refuses: which block, of which manager, what was tried and what to do. */
internal object BlockMessages {
    fun cleared(block: String, owner: Owner, verb: String): String =
        "$block was $verb after $owner had taken all of its blocks back: allocate anew after a clear"

    fun closed(block: String, owner: Owner, verb: String, trace: Trace?): String =
        "$block from $owner was $verb after its last reference had been given back" + remedy(verb) +
            (trace?.sites() ?: "; set traceSites = true on the manager to see where it was allocated and closed")

    private fun remedy(verb: String) =
        if (verb == "closed") ": close once for the allocation and once for each retain" else ""

    fun damaged(block: String, owner: Owner, damage: GuardBytes.Damage, trace: Trace?): String =
        "$block from $owner was written outside of its bounds: ${counted(damage.bytes, "byte")} " +
            (if (damage.offset < 0) "before its start" else "behind its end") +
            (if (damage.bytes == 1L) " is overwritten, at" else " are overwritten, the first at") +
            " offset ${damage.offset} with 0x${damage.found.toHexString()}; " +
            "native code, or a pointer made from an address, did that while the block was held" +
            trace?.sites().orEmpty()

    fun layout(owner: Owner, layout: String, stride: Long, count: Long): String =
        "$owner: ${counted(count, "element")} of $layout, ${counted(stride, "byte")} each, cannot be allocated: " +
            "their number must not be negative, and their bytes must not be more than a long counts"
}
