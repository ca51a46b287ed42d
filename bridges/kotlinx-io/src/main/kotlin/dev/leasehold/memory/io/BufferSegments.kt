@file:JvmName("BufferSegments")

package dev.leasehold.memory.io

import dev.leasehold.memory.Segment
import kotlinx.io.Buffer
import kotlinx.io.UnsafeIoApi
import kotlinx.io.unsafe.UnsafeBufferOperations
import java.lang.foreign.MemorySegment

/**
 * Lets [action] see the bytes at the front of this buffer where they lie, without a copy, and takes off as many as it
 * returns: for structs and codecs over what a network has brought.
 *
 * It sees one of the buffer's arrays, which may be a part of what is there, also in the middle of a value.
 *
 * **Ownership.** The bytes are the buffer's. The view is read-only, and must not be used after [action] has returned:
 * it is a view of an array, which nothing can cut off, and shows what the buffer puts there next.
 * **Threads.** The caller's. **Cost.** No copy.
 *
 * @return how many bytes were taken off
 * @throws IllegalArgumentException when the buffer is empty
 * @throws IllegalStateException when [action] returns less than 0, or more than it has seen; nothing is taken off
 */
@UnsafeIoApi
@JvmSynthetic
public fun Buffer.readFromHead(action: (Segment) -> Int): Int =
    UnsafeBufferOperations.readFromHead(this) { bytes, start, end -> action(view(bytes, start, end).asReadOnly()) }

/**
 * Lets [action] write behind the last byte of this buffer, without a copy, where at least [minimum] bytes have room,
 * and appends as many as it returns.
 *
 * **Ownership.** As of [readFromHead]: the view must not be used after [action] has returned.
 * **Threads.** The caller's. **Zeroed.** No: the array was another buffer's before. **Cost.** No copy.
 *
 * @return how many bytes were appended
 * @throws IllegalArgumentException when [minimum] is not positive, or above what one of the buffer's arrays holds
 * @throws IllegalStateException when [action] returns less than 0 or more than there is room for; nothing is appended
 */
@UnsafeIoApi
@JvmSynthetic
public fun Buffer.writeToTail(minimum: Int, action: (Segment) -> Int): Int =
    UnsafeBufferOperations.writeToTail(this, minimum) { bytes, start, end -> action(view(bytes, start, end)) }

private fun view(bytes: ByteArray, start: Int, end: Int): Segment =
    Segment.of(MemorySegment.ofArray(bytes)).slice(start.toLong(), (end - start).toLong())
