@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.own

import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.startVirtual
import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.channels.Channel

/**
 * Finds elements that the cancellation of a buffered channel has left behind.
 *
 * The cancellation of a kotlinx channel (1.11.0, `BufferedChannel.removeUnprocessedElements`) walks over its cells, and
 * stops at one in which a suspended sender is being resumed at that moment because the buffer has room again. That
 * element, and all in the cells before it, then stay in the buffer of a cancelled channel: none receives them, and no
 * handler is called. It takes a cancellation, a receive and a full buffer within some nanoseconds; a storm of channels
 * meets it once in some hundred thousand.
 *
 * A query of a cancelled channel whether it is closed makes it walk again, and what was left is found. So each sender
 * queries when it has been resumed, and a thread does a few times after each cancellation, by when any resumption that
 * was on its way is over.
 */
@OptIn(DelicateCoroutinesApi::class)
internal object LeftBehind {
    private val PAUSES_MILLIS = longArrayOf(1, 10, 100, 1000)

    /** Lets [channel] look once more if it is cancelled. */
    fun sweep(channel: Channel<*>) {
        val _ = channel.isClosedForSend
    }

    /** Lets [channel], which has just been cancelled, look several times more. */
    fun watch(channel: Channel<*>) {
        sweep(channel)
        val _ = startVirtual("leasehold-left-behind") {
            for (pause in PAUSES_MILLIS) {
                Thread.sleep(pause)
                sweep(channel)
            }
        }
    }
}
