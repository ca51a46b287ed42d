package dev.leasehold.memory.internal.store

/**
 * The spans that hold pages which the system could have back, the one that got idle longest ago first: free spans, and
 * slabs in which whole pages are free. Under the store's lock.
 *
 * A list through the spans themselves: whatever happens to a block costs a few stores here and makes no garbage.
 */
internal class IdleSpans {
    private val spans = Chain<Span>()

    /** The span that got idle longest ago, or null. */
    val oldest: Span? get() = spans.first

    /** How many pages could go back. */
    var pages: Long = 0
        private set

    /** Says that [span] has [count] idle pages. It becomes the newest if that is more than it had. */
    fun update(span: Span, count: Int) {
        val before = span.idle
        if (count == before) return
        pages += count - before
        span.idle = count
        if (count == 0) return spans.remove(span)
        if (count < before) return
        if (before > 0) spans.remove(span)
        spans.addLast(span)
    }

    /** Lets [span], which has idle pages, wait behind all others. */
    fun renew(span: Span) {
        spans.remove(span)
        spans.addLast(span)
    }

    fun toList(): List<Span> = generateSequence(oldest) { it.behind }.toList()
}
