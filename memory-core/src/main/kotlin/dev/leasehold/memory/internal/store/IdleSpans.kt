package dev.leasehold.memory.internal.store

/**
 * The spans that hold pages which the system could have back, the one that got idle longest ago first: free spans, and
 * slabs in which whole pages are free. Under the store's lock.
 *
 * A list through the spans themselves: whatever happens to a block costs a few stores here and makes no garbage.
 */
internal class IdleSpans {
    /** The span that got idle longest ago, or null. */
    var oldest: Span? = null
        private set

    private var newest: Span? = null

    /** How many pages could go back. */
    var pages: Long = 0
        private set

    /** Says that [span] has [count] idle pages. It becomes the newest if that is more than it had. */
    fun update(span: Span, count: Int) {
        val before = span.idle
        if (count == before) return
        pages += count - before
        span.idle = count
        if (count == 0) return unlink(span)
        if (count < before) return
        if (before > 0) unlink(span)
        append(span)
    }

    /** Lets [span], which has idle pages, wait behind all others. */
    fun renew(span: Span) {
        unlink(span)
        append(span)
    }

    private fun append(span: Span) {
        span.older = newest
        newest?.newer = span
        newest = span
        if (oldest == null) oldest = span
    }

    private fun unlink(span: Span) {
        val older = span.older
        val newer = span.newer
        if (older == null) oldest = newer else older.newer = newer
        if (newer == null) newest = older else newer.older = older
        span.older = null
        span.newer = null
    }

    fun toList(): List<Span> = generateSequence(oldest) { it.newer }.toList()
}
