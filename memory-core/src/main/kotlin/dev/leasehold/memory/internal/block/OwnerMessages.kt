package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.budget.BudgetRefusal
import dev.leasehold.memory.internal.platform.Platform
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

    /** What a pool or a manager had when it refused, in bytes. */
    class Figures(val reserved: Long, val used: Long, val quarantined: Long)

    /** The system's refusal, which [refusal] explains if that can be said. */
    fun refused(owner: Owner, size: Long, figures: Figures, refusal: Platform.SystemRefusal?): String {
        val why = if (refusal == null) "" else ": ${refusal.why}"
        val waiting = if (figures.quarantined > 0) ", ${bytes(figures.quarantined)} quarantined" else ""
        return "$owner: the system refused memory for ${bytes(size)} (${bytes(figures.reserved)} reserved, " +
            "${bytes(figures.used)} used$waiting)$why; close ${owner.kind.item}s sooner, or " +
            (refusal?.remedy ?: "give the process more memory")
    }

    fun exhausted(owner: Owner, size: Long, limit: Long, figures: Figures): String =
        "$owner: ${bytes(size)} requested, ${bytes(figures.reserved)} of the limit of ${bytes(limit)} are reserved" +
            "${andUsed(figures)}: close ${owner.kind.item}s sooner" +
            orWait(owner, " or raise the limit", ", raise the limit,")

    private fun andUsed(figures: Figures): String = if (figures.quarantined > 0) {
        ", ${bytes(figures.used)} used and ${bytes(figures.quarantined)} in quarantine until kept views are cut off"
    } else {
        " and ${bytes(figures.used)} used"
    }

    fun exceeded(owner: Owner, size: Long, refusal: BudgetRefusal): String {
        val raise = "raise the limit of '${refusal.node.path}'"
        return "$refusal for the pages of ${bytes(size)} by $owner: close what is no longer used" +
            orWait(owner, " or $raise", ", $raise,")
    }

    private fun orWait(owner: Owner, alone: String, first: String) =
        if (owner.kind == OwnerKind.POOL) "$first or rent with a timeout to wait" else alone

    fun timedOut(owner: Owner, size: Long, nanos: Long, limit: Long, figures: Figures): String =
        "$owner: no memory for ${bytes(size)} came back within ${millis(nanos)} (${bytes(figures.reserved)} of the " +
            "limit of ${bytes(limit)} are reserved${andUsed(figures)}): close leases sooner, raise the limit, or " +
            "wait longer"

    fun timedOut(owner: Owner, size: Long, nanos: Long, refusal: BudgetRefusal): String =
        "$refusal; $owner waited ${millis(nanos)} for ${bytes(size)}: close leases sooner, raise the limit of " +
            "'${refusal.node.path}', or wait longer"

    fun outstanding(owner: Owner, count: Long, used: Long, open: List<Trace>): String {
        val participle = owner.kind.participle
        val end = if (owner.kind == OwnerKind.POOL) "outstanding" else "allocated"
        val (are, they, closes) = if (count == 1L) ONE else SEVERAL
        return "$owner is closed, and ${counted(count, owner.kind.item)} of ${bytes(used)} $are $end; $closes" +
            listed(Holders.of(open), open.size, count) {
                "; set traceSites = true on the ${owner.kind.word} to see where $they $participle"
            }
    }

    private inline fun listed(holders: List<Holders.Group>, watched: Int, count: Long, remedy: () -> String): String =
        when {
            holders.isEmpty() -> remedy()

            watched < count -> "; of these, $watched ${if (watched == 1) "is" else "are"} watched:" +
                Holders.lines(holders)

            else -> ":" + Holders.lines(holders)
        }

    fun unclosed(owner: Owner, count: Long, used: Long): String {
        val open = "${counted(count, owner.kind.item)} of ${bytes(used)}"
        val lost = if (count <= 0) "" else ", and $open ${if (count == 1L) "was" else "were"} never closed"
        return "UNCLOSED: $owner became garbage without a close: its idle memory went back to the system$lost; close " +
            "it when its work ends"
    }

    /** What a clear of memory says that is not only the host's. */
    fun deviceMayUse(owner: Owner): String =
        "$owner takes no blocks back that are in use: a device may be using them; close them one by one"

    fun ofProcess(owner: Owner, action: String, remedy: String): String =
        "the ${owner.name} ${owner.kind.word} belongs to the whole process and cannot be $action; use $remedy for " +
            "one that can"

    fun inUse(what: String, owner: Owner): String =
        "$what from $owner is in use by a native call or an input/output operation, or by a withSegment on another " +
            "thread: close or transfer it when that has ended"

    /** What the owner [end] says that had to leave [what] open when it ended. */
    fun inUseAtEnd(what: String, owner: Owner, end: String): String =
        "$what from $owner is still in use by a native call or an input/output operation at the end of $end: it is " +
            "closed as soon as that has ended; let the work end first, or rent for an owner that outlives it"

    /** The same of a lease of [size] bytes that only its own thread can close, inside of a native call. */
    fun keptAtEnd(size: Long, pool: String, end: String): String =
        "Lease of ${bytes(size)} from pool '$pool' is still in use by a native call of its thread at the end of " +
            "$end, which keeps it: close that again on this thread when the call has returned"

    /** `25 ms`. */
    fun millis(nanos: Long): String = "${nanos / NANOS_PER_MILLI} ms"

    private val ONE = Triple("is", "it was", "it frees its memory as it is closed")
    private val SEVERAL = Triple("are", "they were", "they free their memory as they are closed")
}
