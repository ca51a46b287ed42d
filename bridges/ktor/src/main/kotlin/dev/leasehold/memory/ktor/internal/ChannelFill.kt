@file:OptIn(InternalAPI::class)

package dev.leasehold.memory.ktor.internal

import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.io.readAtMostInto
import io.ktor.utils.io.ByteReadChannel
import io.ktor.utils.io.InternalAPI
import kotlinx.io.IOException

/** What a channel gathers before its writer waits: nobody may wait for more of it at once. */
internal const val CHANNEL_BYTES: Long = 1 shl 20

/** Waits until the channel has [length] bytes, or as many as it gathers, or has ended; whether it has any. */
internal suspend fun ByteReadChannel.awaitUpTo(length: Long): Boolean =
    awaitContent(minOf(length, CHANNEL_BYTES).toInt()) || !readBuffer.exhausted()

/**
 * Moves up to [length] bytes to [lease], behind its first [offset], and returns how many there were before the end.
 * Waits only where the channel has none of them yet.
 */
internal suspend fun ByteReadChannel.fill(lease: SharedLease, offset: Long, length: Long): Long {
    var filled = 0L
    while (filled < length && (!readBuffer.exhausted() || awaitContent())) {
        filled += moveTo(lease, offset + filled, length - filled)
    }
    return filled
}

// A function of its own: what it captures is no part of the coroutine then.
private fun ByteReadChannel.moveTo(lease: SharedLease, offset: Long, length: Long): Long = asInputOutput {
    lease.withSegment { readBuffer.readAtMostInto(it.slice(offset, length)) }
}

/** Runs [action]; what the memory refuses in it is an [IOException], which is what code around channels catches. */
internal inline fun <R> asInputOutput(action: () -> R): R = try {
    action()
} catch (refusal: MemoryException) {
    throw IOException(refusal.message, refusal)
}
