package dev.leasehold.memory.coroutines.contract.channel

import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.consumeLeases
import dev.leasehold.memory.coroutines.leaseChannel
import dev.leasehold.memory.coroutines.leaseIn
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.support.lending
import dev.leasehold.memory.rentShared
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.selects.select
import kotlinx.coroutines.test.runTest

/** Whose a lease is that goes through a channel. */
class LeaseChannelSpec : FunSpec() {
    init {
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

        test("a lease of a plain pool goes through, and goes back when it is not received") {
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
}
