package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.budget.BudgetRefusal
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.counted

/** The messages of a pool or a manager that refuses: its name, the request, the bound, and the remedy. */
internal object OwnerMessages {
    private const val NANOS_PER_MILLI = 1_000_000

    fun negative(owner: Owner, size: Long): String = "$owner: a size must not be negative, and was ${bytes(size)}"

    fun aboveLimit(owner: Owner, size: Long, limit: Long): String =
        "$owner: ${bytes(size)} requested, and its limit is ${bytes(limit)}: raise the limit or request less"

    fun tooLarge(owner: Owner, size: Long, most: Long): String =
        "$owner: ${bytes(size)} requested, and no ${owner.kind.item} may have more than ${bytes(most)}: request less"

    fun alignment(alignment: Long, pageSize: Long): String =
        "an alignment must be a power of two between 1 and the page size of ${bytes(pageSize)}, and was $alignment"

    fun timeout(nanos: Long): String = "a timeout must be positive, and was $nanos ns; tryRent does not wait"

    fun closed(owner: Owner): String = "$owner is closed: ${owner.kind.verb} from a ${owner.kind.word} that is open"

    fun exhausted(owner: Owner, size: Long, limit: Long, reserved: Long, used: Long): String {
        if (limit == Long.MAX_VALUE) {
            return "$owner: the system refused memory for ${bytes(size)} (${bytes(reserved)} reserved, " +
                "${bytes(used)} used); close ${owner.kind.item}s sooner, or give the process more memory"
        }
        return "$owner: ${bytes(size)} requested, ${bytes(reserved)} of the limit of ${bytes(limit)} are reserved " +
            "and ${bytes(used)} used: close ${owner.kind.item}s sooner" +
            orWait(owner, " or raise the limit", ", raise the limit,")
    }

    fun exceeded(owner: Owner, size: Long, refusal: BudgetRefusal): String {
        val raise = "raise the limit of '${refusal.node.path}'"
        return "$refusal for the pages of ${bytes(size)} by $owner: close what is no longer used" +
            orWait(owner, " or $raise", ", $raise,")
    }

    private fun orWait(owner: Owner, alone: String, first: String) =
        if (owner.kind == OwnerKind.POOL) "$first or rent with a timeout to wait" else alone

    fun timedOut(owner: Owner, size: Long, nanos: Long, limit: Long, reserved: Long, used: Long): String =
        "$owner: no memory for ${bytes(size)} came back within ${millis(nanos)} (${bytes(reserved)} of the limit of " +
            "${bytes(limit)} are reserved and ${bytes(used)} used): close leases sooner, raise the limit, or wait " +
            "longer"

    fun timedOut(owner: Owner, size: Long, nanos: Long, refusal: BudgetRefusal): String =
        "$refusal; $owner waited ${millis(nanos)} for ${bytes(size)}: close leases sooner, raise the limit of " +
            "'${refusal.node.path}', or wait longer"

    fun outstanding(owner: Owner, count: Long, used: Long, list: String?): String {
        val participle = owner.kind.participle
        val end = if (owner.kind == OwnerKind.POOL) "outstanding" else "allocated"
        val (are, they, closes) = if (count == 1L) ONE else SEVERAL
        return "$owner is closed, and ${counted(count, owner.kind.item)} of ${bytes(used)} $are $end; $closes" +
            (list?.let { ":$it" } ?: "; set traceSites = true on the ${owner.kind.word} to see where $they $participle")
    }

    fun ofProcess(owner: Owner, action: String, remedy: String): String =
        "the ${owner.name} ${owner.kind.word} belongs to the whole process and cannot be $action; use $remedy for " +
            "one that can"

    fun inUse(what: String, owner: Owner): String =
        "$what from $owner is in use by a native call or an input/output operation, or by a withSegment on another " +
            "thread: close or transfer it when that has ended"

    /** `25 ms`. */
    fun millis(nanos: Long): String = "${nanos / NANOS_PER_MILLI} ms"

    private val ONE = Triple("is", "it was", "it frees its memory as it is closed")
    private val SEVERAL = Triple("are", "they were", "they free their memory as they are closed")
}
