package dev.leasehold.memory.coroutines.race

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.LeaseChannel
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.consumeLeases
import dev.leasehold.memory.coroutines.internal.own.end
import dev.leasehold.memory.coroutines.leaseChannel
import dev.leasehold.memory.coroutines.leaseIn
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.move
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.support.lending
import dev.leasehold.memory.coroutines.tryRent
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.channels.BufferOverflow
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.selects.select
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong
import kotlin.coroutines.coroutineContext
import kotlin.random.Random
import kotlin.time.Duration.Companion.microseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** Senders and receivers of all kinds end at random moments: nothing may be lost, nothing come twice. */
class LeaseChannelStormSpec : FunSpec() {
    private val rounds = 600

    init {
        test("whatever is cancelled, times out or fails, and when, all leases come back and none is received twice") {
            lending("storm", CAPACITY) { pool ->
                for (seed in 1..rounds) {
                    Storm(pool, channelOf(seed), seed).run()
                    // A job notifies what joined it before it closes what is bound to it.
                    withTimeoutOrNull(2.minutes) { while (pool.stats().used > 0) yield() }
                    withClue("seed $seed") { pool.stats().used shouldBe 0 }
                    pool.stats().waiters shouldBe 0
                }
            }
        }

        test("the same storm finds that a plain channel loses leases") {
            val lost = (1..20 * rounds).any { seed ->
                val pool = SuspendingPool(MemoryPool.isolated("plain"), CAPACITY)
                // A wait for bytes that are lost has no end.
                withTimeoutOrNull(10.seconds) { Storm(pool, Channel(1), seed).run() } == null || pool.stats().used > 0
            }
            lost shouldBe true
        }
    }

    private fun channelOf(seed: Int): LeaseChannel<SharedLease> = when (seed % 6) {
        0 -> leaseChannel()
        1 -> leaseChannel(1)
        2 -> leaseChannel(3)
        3 -> leaseChannel(Channel.UNLIMITED)
        4 -> leaseChannel(2, BufferOverflow.DROP_OLDEST)
        else -> leaseChannel(2, BufferOverflow.DROP_LATEST)
    }

    /** One storm over [channel], of [pool]'s leases. */
    private class Storm(
        private val pool: SuspendingPool,
        private val channel: Channel<SharedLease>,
        private val seed: Int,
    ) {
        private val numbers = AtomicLong()
        private val received = ConcurrentHashMap.newKeySet<Long>()

        suspend fun run() = withContext(Dispatchers.Default) {
            coroutineScope {
                val senders = List(4) { actor(it) { random -> send(random) } }
                val receivers = List(3) { actor(10 + it) { random -> receive(random) } }
                val random = Random(seed)
                repeat(random.nextInt(12)) {
                    repeat(random.nextInt(20)) { yield() }
                    (senders + receivers).random(random).cancel()
                }
                repeat(random.nextInt(20)) { yield() }
                // What is in the channel, and what comes now, goes back; so the senders that wait for bytes get them.
                if (random.nextBoolean()) channel.close()
                channel.cancel()
            }
        }

        private fun CoroutineScope.actor(number: Int, act: suspend (Random) -> Unit): Job {
            val random = Random(seed * 100 + number)
            return launch {
                repeat(12) {
                    // A closed channel fails some of them; the others go on and meet the same.
                    if (!channel.isOver()) act(random)
                }
            }
        }

        @OptIn(DelicateCoroutinesApi::class)
        private fun Channel<*>.isOver() = isClosedForSend

        private fun SharedLease.numbered() = apply { withSegment { it.setLong(0, numbers.incrementAndGet()) } }

        private suspend fun SharedLease.consumed(random: Random) = use {
            val number = withSegment { it.getLong(0) }
            check(received.add(number)) { "received twice: $number" }
            if (random.nextBoolean()) yield()
            withSegment { it.setLong(0, -1) }
        }

        private suspend fun send(random: Random) = unlessClosed {
            when (random.nextInt(6)) {
                0 -> channel.send(pool.rent(SIZE).numbered())

                1 -> memoryScope(pool) {
                    val lease = rent(SIZE).numbered()
                    yield()
                    channel.send(own(lease))
                }

                2 -> memoryScope(pool) { trySend(rent(SIZE).numbered()) }

                3 -> withTimeoutOrNull(random.nextInt(1, 200).microseconds) { channel.send(pool.rent(SIZE).numbered()) }

                4 -> trySend(pool.leaseIn(coroutineContext[Job]!!, SIZE).numbered())

                else -> pool.tryRent(SIZE)?.numbered()?.let { if (channel.trySend(it).isFailure) it.close() }
            }
        }

        /** A plain channel does not take a lease out of its scope. */
        private fun own(lease: SharedLease) = if (channel is LeaseChannel) lease else lease.move()

        private fun trySend(lease: SharedLease) {
            if (channel.trySend(own(lease)).isFailure && channel !is LeaseChannel) lease.close()
        }

        private suspend fun receive(random: Random) = unlessClosed {
            when (random.nextInt(7)) {
                0 -> channel.receive().consumed(random)

                1 -> withTimeoutOrNull(random.nextInt(1, 200).microseconds) { channel.receive().consumed(random) }

                2 -> memoryScope(pool) {
                    if (channel is LeaseChannel) {
                        withTimeoutOrNull(random.nextInt(1, 200).microseconds) { channel.receiveLease() }
                        yield()
                    }
                }

                3 -> {
                    val bell = Job()
                    if (random.nextBoolean()) bell.complete()
                    select {
                        channel.onReceive { it.consumed(random) }
                        bell.onJoin {}
                    }
                }

                4 -> channel.tryReceive().getOrNull()?.consumed(random)

                5 -> for (lease in channel) {
                    lease.consumed(random)
                    if (random.nextBoolean()) break
                }

                else -> if (channel is LeaseChannel && random.nextInt(8) == 0) {
                    channel.consumeLeases { if (random.nextInt(3) == 0) error("enough") }
                } else {
                    channel.receiveCatching().getOrNull()?.consumed(random)
                }
            }
        }

        /** Runs [action], which may find the channel closed, or fail a consumer, as it does here on purpose. */
        private suspend fun unlessClosed(action: suspend () -> Any?) {
            try {
                action()
            } catch (cancelled: CancellationException) {
                coroutineContext.ensureActive()
                check(channel.isOver()) { "$cancelled, and the channel is open" }
            } catch (end: NoSuchElementException) {
                check(channel.isOver()) { "$end, and the channel is open" }
            } catch (failure: IllegalStateException) {
                check(channel.isOver()) { "$failure, and the channel is open" }
                check("twice" !in "${failure.message}") { "${failure.message}" }
            }
        }
    }

    private companion object {
        const val SIZE = 16L
        const val CAPACITY = 12 * SIZE
    }
}
