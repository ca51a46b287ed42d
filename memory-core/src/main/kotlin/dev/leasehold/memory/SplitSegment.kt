package dev.leasehold.memory

/**
 * The two views that [Segment.splitAt] gives: `val (head, tail) = segment.splitAt(16)`.
 *
 * @property head the bytes before the split
 * @property tail the bytes from the split on
 */
public class SplitSegment internal constructor(
    @get:JvmSynthetic public val head: Segment,
    @get:JvmSynthetic public val tail: Segment,
) {
    /** [head], for destructuring. */
    @JvmSynthetic
    public operator fun component1(): Segment = head

    /** [tail], for destructuring. */
    @JvmSynthetic
    public operator fun component2(): Segment = tail

    /** Both parts, for logs. */
    override fun toString(): String = "SplitSegment($head, $tail)"
}
