package dev.leasehold.memory.coroutines.contract.channel

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingMemoryScope
import dev.leasehold.memory.coroutines.consumeLeases
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.leaseChannel
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.move
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.support.lending
import dev.leasehold.memory.dsl.ScopeClosedException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Job
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import java.io.IOException

/** Receivers of leases: what is closed when, and what a scope receives. */
class LeaseConsumersSpec : FunSpec({
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

    test("a receiver that waits fails with the cause that the channel was closed with") {
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
})
