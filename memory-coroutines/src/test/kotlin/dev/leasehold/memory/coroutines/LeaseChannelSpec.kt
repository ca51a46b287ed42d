package dev.leasehold.memory.coroutines

import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.dsl.ScopeClosedException
import dev.leasehold.memory.rentShared
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Job
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.BufferOverflow
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ClosedReceiveChannelException
import kotlinx.coroutines.channels.ClosedSendChannelException
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.selects.select
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import java.io.IOException

class LeaseChannelSpec : FunSpec() {
    init {
        ownership()
        undelivered()
        tries()
        overflow()
        consumers()
    }

    private fun ownership() {
        test("what is sent leaves its scope, and is the receiver's") {
            lending("sent", 100) { pool ->
                val channel = leaseChannel(1)
                memoryScope(pool) { channel.send(rent(10)) }
                channel.receive().use { it.isClosed shouldBe false }
            }
        }

        test("what is sent leaves its job") {
            lending("job", 100) { pool ->
                val channel = leaseChannel(1)
                val job = Job()
                channel.send(pool.leaseIn(job, 10))
                job.complete()
                channel.receive().use { it.isClosed shouldBe false }
            }
        }

        test("a lease that has ended is refused") {
            lending("ended", 100) { pool ->
                val channel = leaseChannel(1)
                val lease = pool.rent(10)
                lease.close()
                shouldThrow<LeaseClosedException> { channel.send(lease) }
                shouldThrow<LeaseClosedException> { channel.trySend(lease) }
                channel.tryReceive().isFailure shouldBe true
            }
        }

        test("elements carry their leases") {
            class Order(val number: Int, val bytes: SharedLease)
            lending("orders", 100) { pool ->
                val channel = leaseChannel<Order>(4) { it.bytes }
                val numbers = ArrayList<Int>()
                repeat(3) { channel.send(Order(it, pool.rent(10))) }
                channel.close()
                channel.consumeLeases { numbers += it.number }
                numbers shouldContainExactly listOf(0, 1, 2)
            }
        }

        test("a lease of a plain pool goes through, and goes back when nobody takes it") {
            lending("plain", 100) { pool ->
                val channel = leaseChannel(2)
                channel.send(pool.pool.rentShared(10))
                channel.send(pool.pool.rentShared(10))
                channel.receive().use { it.isClosed shouldBe false }
                channel.cancel()
            }
        }

        test("a select receives, and does not send") {
            lending("select", 100) { pool ->
                runTest {
                    val channel = leaseChannel(1)
                    pool.rent(10).use { lease ->
                        shouldThrow<UnsupportedOperationException> {
                            select { channel.onSend(lease) {} }
                        }.message shouldContain "a coroutine of its own"
                        lease.isClosed shouldBe false
                    }
                    channel.send(pool.rent(10))
                    select { channel.onReceive { lease -> lease.use { it.size } } } shouldBe 10
                }
            }
        }

        test("a coroutine that sends can be selected, and gives back what it could not send") {
            lending("selected", 100) { pool ->
                runTest {
                    val channel = leaseChannel()
                    val sending = launch { channel.send(pool.rent(10)) }
                    val alarm = launch { delay(10) }
                    val sent = select {
                        sending.onJoin { true }
                        alarm.onJoin { false }
                    }
                    sent shouldBe false
                    pool.stats().used shouldBe 10
                    sending.cancelAndJoin()
                }
            }
        }
    }

    private fun undelivered() {
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
    }

    private fun tries() {
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
                lateinit var owned: Pair<SharedLease, Custody>
                memoryScope(pool) { owned = rent(10).let { it to Custody.take(it)!! } }
                val bound = pool.leaseIn(job, 10).let { it to Custody.take(it)!! }
                job.complete()
                for ((lease, custody) in listOf(owned, bound)) {
                    lease.isClosed shouldBe false
                    custody.restore(lease)
                    lease.isClosed shouldBe true
                }
            }
        }
    }

    private fun overflow() {
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
    }

    private fun consumers() {
        test("a consumer closes each lease after its block, but one that it moved") {
            lending("consumer", 1000) { pool ->
                val channel = leaseChannel(8)
                repeat(4) { channel.send(pool.rent(10)) }
                channel.close()
                val other = leaseChannel(1)
                val job = Job()
                memoryScope(pool) {
                    val seen = ArrayList<SharedLease>()
                    channel.consumeLeases { lease ->
                        when (seen.size) {
                            0 -> lease.move(this)
                            1 -> lease.move(job)
                            2 -> other.send(lease)
                        }
                        seen += lease
                    }
                    seen.map { it.isClosed } shouldContainExactly listOf(false, false, false, true)
                }
                pool.stats().used shouldBe 20
                job.complete()
                other.cancel()
            }
        }

        test("a consumer that fails gives back its lease and all behind it, and stops the senders") {
            lending("failing", 1000) { pool ->
                runTest {
                    val channel = leaseChannel(2)
                    val sender = launch { while (true) channel.send(pool.rent(10)) }
                    shouldThrow<IOException> { channel.consumeLeases { throw IOException("no") } }.message shouldBe "no"
                    sender.join()
                    sender.isCancelled shouldBe true
                    pool.stats().used shouldBe 0
                }
            }
        }

        test("a consumer that is cancelled in its block gives back its lease and all behind it") {
            lending("cancelled consumer", 1000) { pool ->
                runTest {
                    val channel = leaseChannel(4)
                    repeat(3) { channel.send(pool.rent(10)) }
                    val inside = CompletableDeferred<Unit>()
                    val consumer = launch {
                        channel.consumeLeases {
                            inside.complete(Unit)
                            awaitCancellation()
                        }
                    }
                    inside.await()
                    consumer.cancelAndJoin()
                    pool.stats().used shouldBe 0
                }
            }
        }

        test("what a scope receives is the scope's before anything can drop it") {
            lending("scope", 100) { pool ->
                runTest {
                    val channel = leaseChannel(1)
                    lateinit var lease: SharedLease
                    memoryScope(pool) {
                        channel.send(pool.rent(10))
                        val dropped = withTimeoutOrNull(1) {
                            lease = channel.receiveLease()
                            delay(1000)
                            lease
                        }
                        dropped shouldBe null
                        lease.isClosed shouldBe false
                    }
                    lease.isClosed shouldBe true
                }
            }
        }

        test("a scope that has ended receives nothing, and loses nothing when it ends during the wait") {
            lending("ended scope", 100) { pool ->
                runTest {
                    val channel = leaseChannel(1)
                    lateinit var scope: SuspendingMemoryScope
                    // Not a child of the scope, which therefore does not wait for it.
                    lateinit var receiver: Job
                    var refusal: Throwable? = null
                    memoryScope(pool) {
                        scope = this
                        receiver = this@runTest.launch {
                            refusal = runCatching { scope.run { channel.receiveLease() } }.exceptionOrNull()
                        }
                        yield()
                    }
                    channel.send(pool.rent(10))
                    receiver.join()
                    refusal!!::class shouldBe ScopeClosedException::class
                    pool.stats().used shouldBe 0

                    channel.send(pool.rent(20))
                    shouldThrow<ScopeClosedException> { scope.run { channel.receiveLease() } }
                    channel.receive().use { it.size shouldBe 20 }
                }
            }
        }

        test("a receiver that waits hears that the channel was closed, and why") {
            lending("why", 100) { _ ->
                runTest {
                    val channel = leaseChannel()
                    launch {
                        delay(5)
                        channel.close(IOException("the peer died"))
                    }
                    withTimeout(100) {
                        shouldThrow<IOException> { channel.consumeLeases { } }.message shouldContain "the peer died"
                    }
                }
            }
        }
    }
}
