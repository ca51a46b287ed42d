package dev.leasehold.samples.service

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.withTimeoutOrNull
import java.nio.ByteBuffer
import kotlin.time.Duration.Companion.milliseconds

/**
 * What makes some clients slow, until it [ends][end] for all of them: they send, or read their answer, a few bytes at a
 * time, and keep the service waiting in between. Meanwhile the service holds their memory.
 */
internal class Slowness {
    private val ended = CompletableDeferred<Unit>()

    /** From here on they are as fast as the others. */
    fun end() {
        val _ = ended.complete(Unit)
    }

    /** Writes [bytes] in small pieces, with pauses; calls [begun] after the first. */
    suspend fun write(wire: Wire, bytes: ByteBuffer, begun: () -> Unit) {
        val end = bytes.limit()
        while (bytes.position() < end) {
            val _ = bytes.limit(if (ended.isCompleted) end else minOf(end, bytes.position() + SENT_AT_ONCE))
            wire.write(bytes)
            begun()
            dawdle()
        }
    }

    /** Reads into a small part of [bytes], after a pause. */
    suspend fun read(wire: Wire, bytes: ByteBuffer): Int {
        dawdle()
        if (!ended.isCompleted && bytes.remaining() > READ_AT_ONCE) {
            val _ = bytes.limit(bytes.position() + READ_AT_ONCE)
        }
        return wire.read(bytes)
    }

    private suspend fun dawdle() {
        if (!ended.isCompleted) {
            val _ = withTimeoutOrNull(PAUSE) { ended.await() }
        }
    }

    companion object {
        /** What a slow client lets the system take in ahead of it, in bytes. */
        const val RECEIVE_BUFFER: Int = 4096
        private const val SENT_AT_ONCE = 16
        private const val READ_AT_ONCE = 512
        private val PAUSE = 100.milliseconds
    }
}
