package dev.leasehold.memory.coroutines

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.internal.own.DeferredClose
import dev.leasehold.memory.coroutines.internal.own.LeftBehind
import dev.leasehold.memory.coroutines.internal.own.OwnershipTransfer
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.channels.BufferOverflow
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ChannelResult
import kotlinx.coroutines.channels.ClosedSendChannelException
import kotlinx.coroutines.channels.SendChannel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.selects.SelectClause2
import java.util.concurrent.atomic.AtomicBoolean

/**
 * A channel of leases, or of elements that carry one, from [leaseChannel]: what is not received goes back by itself.
 *
 * ```kotlin
 * val filled = leaseChannel(capacity = 4)
 * launch { filled.send(read(buffers.rent(64.KiB))) } // from here on the lease is the channel's
 * filled.consumeLeases { lease -> write(lease) } // and here the block's, which closes it
 * ```
 *
 * **Ownership.** [send] takes the lease out of its scope or job: it is the channel's, also when `send` fails. The
 * receiver owns what it receives: [consumeLeases], [receiveAsFlow] and [consumeAsFlow] close it,
 * [receiveLease][SuspendingMemoryScope.receiveLease] gives it to a scope, and after any other receive `use` or [move]
 * comes right behind, without a suspension between.
 *
 * | what happens | the lease |
 * |---|---|
 * | [send] throws, because it was cancelled or the channel is closed | is closed |
 * | the receiver is cancelled, or times out, with the element on its way | is closed |
 * | [trySend] fails | stays whose it was; closed if its scope or job has ended meanwhile |
 * | `cancel`, or a [consumeLeases] that fails | all that are in the channel are closed |
 * | `close` | all that are in the channel wait for a receiver |
 * | the channel is full and drops, by its `onBufferOverflow` | the one that is dropped is closed |
 *
 * A closed lease goes back as soon as no native call and no input/output operation uses it.
 *
 * **Threads.** Any. What was written before [send] is seen after the receive.
 * **Cost.** As the kotlinx channel of that capacity, and a short lock when the lease belonged to a scope.
 */
public class LeaseChannel<E> internal constructor(
    private val channel: Channel<E>,
    private val dropsLatest: Boolean,
    private val leavesBehind: Boolean,
    private val lease: (E) -> SharedLease,
) : Channel<E> by channel {
    /**
     * Gives [element] to a receiver, or to the buffer. Suspends while there is no room.
     *
     * @throws dev.leasehold.memory.LeaseClosedException when its lease has ended
     * @throws kotlinx.coroutines.channels.ClosedSendChannelException when the channel is closed without a cause, else
     *   that cause
     */
    override suspend fun send(element: E) {
        val lease = leaseOf(element).move()
        if (!dropsLatest) return sendAndLook(element)
        val result = channel.trySend(element)
        if (result.isSuccess) return
        DeferredClose.close(lease) { UNDELIVERED }
        if (result.isClosed) throw result.exceptionOrNull() ?: ClosedSendChannelException(null)
    }

    /**
     * [send], if that needs no wait.
     *
     * @throws dev.leasehold.memory.LeaseClosedException when its lease has ended
     */
    override fun trySend(element: E): ChannelResult<Unit> {
        val lease = leaseOf(element)
        val transfer = OwnershipTransfer.take(lease)
        val result = channel.trySend(element)
        if (result.isFailure) {
            if (dropsLatest && !result.isClosed) {
                DeferredClose.close(lease) { UNDELIVERED }
                return DROPPED
            }
            transfer?.restore(lease)
        }
        return result
    }

    /**
     * Not here. A `select` closes what it offered and did not send, so a lease that was offered to two channels would
     * be closed under the receiver of the one that took it, and one that loses to a timeout would be gone.
     *
     * Send in a coroutine of its own, and select its end: `val sending = launch { channel.send(lease) }`, and
     * `select { sending.onJoin { … } … }`. Cancelled, it gives the lease back. With a timeout:
     * `withTimeout(t) { channel.send(lease) }`.
     *
     * @throws UnsupportedOperationException always
     */
    override val onSend: SelectClause2<E, SendChannel<E>>
        get() = throw UnsupportedOperationException(
            "a select cannot send a lease: it would close what it did not send, also under another receiver; " +
                "send in a coroutine of its own and select its onJoin",
        )

    private suspend fun sendAndLook(element: E) {
        try {
            channel.send(element)
        } finally {
            if (leavesBehind) LeftBehind.sweep(channel)
        }
    }

    /** Closes the channel and all leases in it. */
    override fun cancel(cause: CancellationException?) {
        channel.cancel(cause)
        if (leavesBehind) LeftBehind.watch(channel)
    }

    /**
     * A flow that receives from this channel: each lease is the collector's block's, and is closed when that ends,
     * unless it was [moved][move] there.
     *
     * This takes the place of the `receiveAsFlow` of kotlinx.coroutines, which loses an element whose collector fails,
     * is cancelled or has enough. Here each is closed, and what was not received stays in the channel: several may
     * collect, at the same time or one after the other, and each element comes to one of them. As of [withLeases], an
     * operator that buffers ends its block before its collector sees the element: for that take [bufferLeases].
     *
     * **Ownership.** As of [consumeLeases], but the channel stays open. **Threads.** Any. **Cost.** As a receive.
     *
     * Collecting throws the cause that the channel was closed with, if one was given, and a
     * [MemoryBusyException][dev.leasehold.memory.MemoryBusyException] as [consumeLeases] does.
     */
    @JvmSynthetic
    public fun receiveAsFlow(): Flow<E> = flow {
        for (element in this@LeaseChannel) leaseOf(element).held { emit(element) }
    }

    /**
     * [receiveAsFlow] for one collector, at whose end the channel is cancelled, so that all that is in it goes back.
     *
     * Collecting a second time throws an [IllegalStateException].
     */
    @JvmSynthetic
    public fun consumeAsFlow(): Flow<E> {
        val collected = AtomicBoolean()
        return flow {
            check(collected.compareAndSet(false, true)) {
                "a flow of consumeAsFlow can be collected once, because that ends its channel: use receiveAsFlow"
            }
            consumeLeases { emit(it) }
        }
    }

    /** The lease of [element]. */
    @PublishedApi
    @JvmSynthetic
    internal fun leaseOf(element: E): SharedLease = lease(element)

    /** The channel below, for logs. */
    override fun toString(): String = "LeaseChannel($channel)"

    internal companion object {
        private const val UNDELIVERED = "a channel that did not deliver it"

        /** Success of a send whose element was dropped. There is no other way to get one than to send something. */
        private val DROPPED = Channel<Unit>(Channel.UNLIMITED).trySend(Unit)

        fun <E> of(capacity: Int, overflow: BufferOverflow, leaseOf: (E) -> SharedLease): LeaseChannel<E> {
            val undelivered = { element: E -> DeferredClose.close(leaseOf(element)) { UNDELIVERED } }
            if (overflow != BufferOverflow.DROP_LATEST) {
                val buffers = capacity != Channel.RENDEZVOUS && capacity != Channel.UNLIMITED
                val leavesBehind = buffers && overflow == BufferOverflow.SUSPEND
                return LeaseChannel(Channel(capacity, overflow, undelivered), false, leavesBehind, leaseOf)
            }
            // The channel's own trySend says that all is well when it drops, and does not say what it dropped.
            val room = if (capacity == Channel.RENDEZVOUS || capacity == Channel.BUFFERED) 1 else capacity
            require(room != Channel.CONFLATED) {
                "a conflated channel drops the oldest: give it a capacity to drop the latest"
            }
            // None waits in its send, so nothing is left behind.
            return LeaseChannel(Channel(room, onUndeliveredElement = undelivered), true, false, leaseOf)
        }
    }
}
