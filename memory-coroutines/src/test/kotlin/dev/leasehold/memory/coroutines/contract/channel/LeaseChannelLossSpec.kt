package dev.leasehold.memory.coroutines.contract.channel

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.consumeLeases
import dev.leasehold.memory.coroutines.internal.own.OwnershipTransfer
import dev.leasehold.memory.coroutines.leaseChannel
import dev.leasehold.memory.coroutines.leaseIn
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.support.lending
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.BufferOverflow
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ClosedReceiveChannelException
import kotlinx.coroutines.channels.ClosedSendChannelException
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import java.io.IOException

/** Leases that are not received go back: to their owner, or to their pool. */
class LeaseChannelLossSpec : FunSpec({
    test("a sender that is cancelled while it waits gives its lease back") {
        lending("sender", 100) { pool ->
            runTest {
                val channel = leaseChannel()
                memoryScope(pool) {
                    val sender = launch { channel.send(rent(10)) }
                    yield()
                    pool.stats().used shouldBe 10
                    sender.cancelAndJoin()
                    pool.stats().used shouldBe 0
                }
            }
        }
    }

    test("a lease on its way to a receiver that is cancelled goes back") {
        lending("receiver", 100) { pool ->
            runTest {
                val channel = leaseChannel()
                val receiver = launch { error("received ${channel.receive()}") }
                yield()
                channel.send(pool.rent(10)) // The receiver has been resumed, and has not run yet.
                receiver.cancelAndJoin()
                pool.stats().used shouldBe 0
            }
        }
    }

    test("a lease on its way to a receiver whose time is up goes back") {
        lending("timeout", 100) { pool ->
            runTest {
                val channel = leaseChannel()
                val sender = launch {
                    delay(10)
                    channel.send(pool.rent(10))
                }
                yield()
                // At the same moment, and behind the sender: the lease is on its way when the timeout strikes.
                withTimeoutOrNull(10) { channel.receive().use { it.size } } shouldBe null
                sender.join()
                pool.stats().used shouldBe 0
            }
        }
    }

    test("a send to a closed channel throws and gives the lease back") {
        lending("closed", 100) { pool ->
            val plain = leaseChannel(1)
            plain.close()
            shouldThrow<ClosedSendChannelException> { plain.send(pool.rent(10)) }
            val failed = leaseChannel(1)
            failed.close(IOException("the peer died"))
            shouldThrow<IOException> { failed.send(pool.rent(10)) }.message shouldBe "the peer died"
        }
    }

    test("a cancelled channel gives back what it buffers and what senders wait with") {
        lending("cancel", 100) { pool ->
            runTest {
                val channel = leaseChannel(2)
                val senders = List(5) { launch { channel.send(pool.rent(10)) } }
                yield()
                pool.stats().used shouldBe 50
                channel.cancel()
                pool.stats().used shouldBe 0
                senders.forEach { it.join() }
            }
        }
    }

    test("a closed channel keeps what it buffers for receivers") {
        lending("kept", 100) { pool ->
            val channel = leaseChannel(2)
            channel.send(pool.rent(10))
            channel.close()
            channel.receive().use { it.isClosed shouldBe false }
            shouldThrow<ClosedReceiveChannelException> { channel.receive() }
        }
    }

    test("a trySend that fails leaves the lease with its scope") {
        lending("full", 100) { pool ->
            val full = leaseChannel()
            lateinit var lease: SharedLease
            memoryScope(pool) {
                lease = rent(10)
                full.trySend(lease).isFailure shouldBe true
                lease.isClosed shouldBe false
            }
            lease.isClosed shouldBe true
        }
    }

    test("a trySend that fails leaves the lease with its job, and with its scope as well") {
        lending("full job", 100) { pool ->
            val closed = leaseChannel(1)
            closed.close()
            val job = Job()
            val alone = pool.leaseIn(job, 10)
            memoryScope(pool) {
                val both = pool.leaseIn(job, 10)
                closed.trySend(alone).isClosed shouldBe true
                closed.trySend(both).isClosed shouldBe true
                job.complete()
                both.isClosed shouldBe true
            }
            alone.isClosed shouldBe true
        }
    }

    test("a trySend that succeeds takes the lease out of its scope and its job") {
        lending("room", 100) { pool ->
            val channel = leaseChannel(1)
            val job = Job()
            memoryScope(pool) { channel.trySend(pool.leaseIn(job, 10)).isSuccess shouldBe true }
            job.complete()
            channel.receive().use { it.isClosed shouldBe false }
        }
    }

    test("a lease that comes back to a scope or a job that has ended meanwhile is closed") {
        lending("late", 100) { pool ->
            val job = Job()
            lateinit var owned: Pair<SharedLease, OwnershipTransfer>
            memoryScope(pool) { owned = rent(10).let { it to OwnershipTransfer.take(it)!! } }
            val bound = pool.leaseIn(job, 10).let { it to OwnershipTransfer.take(it)!! }
            job.complete()
            for ((lease, transfer) in listOf(owned, bound)) {
                lease.isClosed shouldBe false
                transfer.restore(lease)
                lease.isClosed shouldBe true
            }
        }
    }

    for (drop in listOf(BufferOverflow.DROP_OLDEST, BufferOverflow.DROP_LATEST)) {
        test("a full channel gives back what it drops: $drop") {
            lending("$drop", 1000) { pool ->
                val channel = leaseChannel(2, drop)
                for (size in 1L..4L) channel.send(pool.rent(size))
                for (size in 5L..6L) channel.trySend(pool.rent(size)).isSuccess shouldBe true
                val kept = if (drop == BufferOverflow.DROP_OLDEST) listOf(5L, 6L) else listOf(1L, 2L)
                pool.stats().used shouldBe kept.sum()
                channel.close()
                shouldThrow<ClosedSendChannelException> { channel.send(pool.rent(7)) }
                pool.rent(8).use { channel.trySend(it).isClosed shouldBe true }
                val received = ArrayList<Long>()
                channel.consumeLeases { received += it.size }
                received shouldContainExactly kept
            }
        }
    }

    test("a conflated channel gives back all but the latest") {
        lending("conflated", 1000) { pool ->
            val channel = leaseChannel(Channel.CONFLATED)
            for (size in 1L..4L) channel.send(pool.rent(size))
            channel.receive().use { it.size shouldBe 4 }
            shouldThrow<IllegalArgumentException> { leaseChannel(Channel.CONFLATED, BufferOverflow.DROP_LATEST) }
        }
    }
})
