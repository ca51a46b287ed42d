package dev.leasehold.memory.internal.access

import java.lang.foreign.MemorySegment

/**
 * Runs [action], which accesses [length] bytes at [offset] of [raw], and explains the JVM's refusal if there is one.
 *
 * It adds no check: what C2 hoists or vectorises for a bare [MemorySegment], it hoists and vectorises here.
 */
internal inline fun <R> access(raw: MemorySegment, offset: Long, length: Long, action: () -> R): R = try {
    action()
} catch (failure: RuntimeException) {
    throw AccessFailures.explain(failure, raw, offset, length)
}

/** The same for an element of `1 shl shift` bytes; [action] is given the element's offset. */
internal inline fun <R> accessElement(raw: MemorySegment, index: Long, shift: Int, action: (Long) -> R): R = try {
    action(elementOffset(index, shift))
} catch (failure: RuntimeException) {
    throw AccessFailures.explainElement(failure, raw, index, shift)
}

/** The same for an access to two segments at once. */
internal inline fun <R> accessBoth(
    source: MemorySegment,
    sourceOffset: Long,
    target: MemorySegment,
    targetOffset: Long,
    length: Long,
    action: () -> R,
): R = try {
    action()
} catch (failure: RuntimeException) {
    throw AccessFailures.explainBoth(failure, source, sourceOffset, target, targetOffset, length)
}

/**
 * An index too large to be a byte offset must not wrap round to a valid one, and the JVM's own check sees only the
 * offset. In a counted loop C2 proves the comparison and drops it; elsewhere it costs nothing that can be measured.
 */
@Suppress("NOTHING_TO_INLINE")
internal inline fun elementOffset(index: Long, shift: Int): Long {
    val offset = index shl shift
    if (offset shr shift != index) throw IndexOutOfBoundsException()
    return offset
}
