package dev.leasehold.memory.coroutines.contract.channel

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.LeaseChannel
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.internal.own.DeferredClose
import dev.leasehold.memory.coroutines.internal.own.LeftBehind
import dev.leasehold.memory.coroutines.leaseChannel
import dev.leasehold.memory.coroutines.support.lending
import dev.leasehold.memory.coroutines.tryRent
import dev.leasehold.testing.await
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.channels.BufferOverflow
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.launch
import kotlin.coroutines.CoroutineContext

/**
 * The moment at which the cancellation of a kotlinx channel stops half-way, forced: a sender is resumed because a
 * receive made room, and its cell says so until its dispatcher has taken it. Here the dispatcher cancels the channel
 * before it takes it.
 */
class LeftBehindSpec : FunSpec() {
    init {
        for (capacity in listOf(1, 3)) {
            test(
                "a channel of $capacity that is cancelled while a sender is being resumed gives back all, also what " +
                    "was before",
            ) {
                lending("left behind", CAPACITY) { pool ->
                    val moment = Moment(pool, leaseChannel(capacity), capacity)
                    moment.strike()
                    moment.runSender()
                    // The thread that looks again may have the last in its hand.
                    await("all are closed") { moment.leases.all { it.isClosed } }
                    await("all is back") { pool.stats().used == 0L && pool.pool.stats().used == 0L }
                }
            }

            test("a channel of $capacity gives back all though the sender that was being resumed never runs again") {
                lending("stuck sender", CAPACITY) { pool ->
                    val moment = Moment(pool, leaseChannel(capacity), capacity)
                    moment.strike()
                    await("the channel has looked again") { pool.stats().used == 0L && pool.pool.stats().used == 0L }
                    moment.leases.forEach { it.isClosed shouldBe true }
                }
            }

            test("without that second look a channel of $capacity keeps its elements though it was cancelled") {
                val pool = SuspendingPool(MemoryPool.isolated("forgetful"), CAPACITY)
                val moment = Moment(pool, forgetful(capacity), capacity)
                moment.strike()
                moment.runSender()
                moment.leases.map { it.isClosed } shouldContainExactly listOf(true) + List(capacity) { false }
            }
        }
    }

    /** What [leaseChannel] makes, without the look that [LeftBehind] takes. */
    private fun forgetful(capacity: Int): LeaseChannel<SharedLease> {
        val below = Channel<SharedLease>(capacity, BufferOverflow.SUSPEND) { DeferredClose.close(it) { "a channel" } }
        return LeaseChannel(below, dropsLatest = false, leavesBehind = false) { it }
    }

    /** A full channel, and one sender more than it has room for. */
    private class Moment(pool: SuspendingPool, private val channel: LeaseChannel<SharedLease>, capacity: Int) {
        val leases = List(capacity + 1) { checkNotNull(pool.tryRent(SIZE)) }
        private var resumed: Runnable? = null
        private val cancelling = object : CoroutineDispatcher() {
            override fun dispatch(context: CoroutineContext, block: Runnable) {
                check(resumed == null) { "the sender was resumed twice" }
                resumed = block
                channel.cancel()
            }
        }
        private val sender: Job

        init {
            leases.dropLast(1).forEach { channel.trySend(it).isSuccess shouldBe true }
            sender =
                CoroutineScope(cancelling).launch(start = CoroutineStart.UNDISPATCHED) { channel.send(leases.last()) }
            sender.isActive shouldBe true
        }

        /** Receives one, which resumes the sender, whose dispatcher cancels the channel. */
        fun strike() {
            channel.tryReceive().getOrThrow().close()
            checkNotNull(resumed) { "the sender was not resumed" }
        }

        /** The sender goes on; its element was in the buffer, so as far as it knows it was sent. */
        fun runSender() {
            checkNotNull(resumed).run()
            sender.isCompleted shouldBe true
            sender.isCancelled shouldBe false
        }
    }

    private companion object {
        const val SIZE = 16L
        const val CAPACITY = 4 * SIZE
    }
}
