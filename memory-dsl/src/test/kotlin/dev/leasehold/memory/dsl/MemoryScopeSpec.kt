package dev.leasehold.memory.dsl

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.dsl.samples.deferredReport
import dev.leasehold.memory.dsl.samples.sumOfSquares
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.seconds
import java.time.Duration as JavaDuration

class MemoryScopeSpec : FunSpec() {
    private val pool = MemoryPool.isolated("scopes")
    private val other = MemoryPool.fixed("chunks", 256, 100)

    private fun used() = pool.stats().used + other.stats().used

    init {
        afterTest { used() shouldBe 0 }

        test("what is rented in a scope is closed when the body returns") {
            val lease = memoryScope(pool) { pool.rent(100).also { used() shouldBe 128 } }
            lease.isClosed shouldBe true
        }

        test("every way of renting rents for the scope, on any pool") {
            val leases = memoryScope {
                listOf<AutoCloseable?>(
                    pool.rent(),
                    pool.rent(10),
                    pool.rent(10, 64),
                    pool.rent(10, 1.seconds),
                    pool.rent(10, JavaDuration.ofSeconds(1)),
                    pool.tryRent(10),
                    pool.rentShared(),
                    pool.rentShared(10),
                    pool.rentShared(10, 64),
                    pool.rentShared(10, 1.seconds),
                    pool.rentShared(10, JavaDuration.ofSeconds(1)),
                    pool.tryRentShared(10),
                    other.rent(),
                    other.rent(10, 64),
                    other.rent(10, 1.seconds),
                    other.tryRent(10),
                    other.rentShared(10),
                    other.tryRentShared(10),
                )
            }
            leases.map { if (it is Lease) it.isClosed else (it as SharedLease).isClosed }.toSet() shouldBe setOf(true)
        }

        test("the scope's rent comes before the top-level one in nested lambdas and in use") {
            val leases = mutableListOf<Lease>()
            memoryScope(pool) {
                listOf(1L, 2L).forEach { leases += pool.rent(it) }
                pool.rent(3).use { run { leases += other.rent(4) } }
                val later = { leases += pool.rent(5) }
                later()
            }
            leases.map { it.isClosed } shouldBe List(4) { true }
        }

        test("closing earlier with use gives the block back then") {
            memoryScope(pool) {
                val address = pool.rent(1000).use { it.segment.address }
                used() shouldBe 0
                pool.rent(1000).segment.address shouldBe address
            }
        }

        test("leases and deferred actions end in reverse order") {
            val order = mutableListOf<String>()
            memoryScope(pool) {
                val first = pool.rent(10)
                defer { order += "oldest: ${first.isClosed}" }
                val second = pool.rent(10)
                defer { order += "middle: ${first.isClosed} ${second.isClosed}" }
                val third = pool.rentShared(10)
                defer { order += "newest: ${second.isClosed} ${third.isClosed}" }
            }
            order.shouldContainExactly("newest: false false", "middle: false false", "oldest: false")
        }

        test("a lease that was rented after a deferred action is closed before it") {
            var closed: List<Boolean>? = null
            memoryScope(pool) {
                lateinit var later: Lease
                lateinit var shared: SharedLease
                defer { closed = listOf(later.isClosed, shared.isClosed) }
                later = pool.rent(10)
                shared = pool.rentShared(10)
            }
            closed shouldBe listOf(true, true)
        }

        test("everything ends when the body throws, and the body's exception comes out") {
            val failure = IllegalArgumentException("the body's")
            var deferred = false
            shouldThrow<IllegalArgumentException> {
                memoryScope(pool) {
                    defer { deferred = true }
                    pool.rent(10).segment.zero()
                    allocate(10).zero()
                    throw failure
                }
            } shouldBeSameInstanceAs failure
            deferred shouldBe true
        }

        test("failures of giving back are suppressed in what the body threw, newest first") {
            val failure = shouldThrow<IllegalArgumentException> {
                memoryScope(pool) {
                    defer { error("one") }
                    pool.rent(10).segment.zero()
                    defer { error("two") }
                    throw IllegalArgumentException("the body's")
                }
            }
            failure.message shouldBe "the body's"
            failure.suppressed.map { it.message } shouldBe listOf("two", "one")
        }

        test("when the body returned, the first failure of giving back is thrown with the others suppressed") {
            val failure = shouldThrow<IllegalStateException> {
                memoryScope(pool) {
                    defer { error("one") }
                    pool.rent(10).segment.zero()
                    defer { error("two") }
                    defer { error("three") }
                }
            }
            failure.message shouldBe "three"
            failure.suppressed.map { it.message } shouldBe listOf("two", "one")
        }

        test("leases closed out of order are not closed twice, and a long scope does not pile them up") {
            memoryScope(pool) {
                var held = pool.rent(64)
                repeat(10_000) {
                    val next = pool.rent(64)
                    held.close()
                    held = next
                    pool.rentShared(64).close()
                }
                used() shouldBe 64
                ledger.linked shouldBeLessThan 100
            }
            pool.stats().used shouldBe 0
        }

        test("many open leases all end, also with deferred actions and closed ones between") {
            var ran = 0
            memoryScope(pool) {
                val leases = List(1000) {
                    if (it % 10 == 0) defer { ran++ }
                    pool.rent(16)
                }
                val shared = List(100) { other.tryRentShared(16) }
                leases.filterIndexed { i, _ -> i % 3 == 0 }.forEach { it.close() }
                shared.filterIndexed { i, _ -> i % 3 == 0 }.forEach { it?.close() }
                repeat(1000) { pool.rent(16).close() }
            }
            ran shouldBe 100
        }

        test("a shared lease may be used and closed on another thread, and what is left the scope closes") {
            val (closedThere, closedHere) = memoryScope(pool) {
                val pair = pool.rentShared(10) to pool.rentShared(10)
                thread {
                    pair.second.withSegment { it.zero() }
                    pair.first.close()
                }.join()
                pair.second.isClosed shouldBe false
                pair
            }
            closedThere.isClosed shouldBe true
            closedHere.isClosed shouldBe true
        }

        test("a deferred action may still rent and allocate, and that ends too") {
            lateinit var late: Lease
            memoryScope(pool) {
                defer {
                    late = pool.rent(10)
                    allocate(10).setByte(9, 1)
                    pool.rent(20).use { it.segment.zero() }
                }
                allocate(10).zero()
            }
            late.isClosed shouldBe true
        }

        test("an inner scope ends before the outer one and leaves it alone") {
            memoryScope(pool) outer@{
                val outside = allocate(10)
                val inside = memoryScope(pool) {
                    this@outer.allocate(10).also { allocate(10).zero() }
                }
                inside.setByte(0, 1)
                outside.setByte(0, 1)
            }
        }

        test("refusals are those of the pool, and the scope goes on") {
            memoryScope(pool) {
                shouldThrow<InvalidSizeException> { pool.rent(-1) }.message!! shouldContain "pool 'scopes'"
                shouldThrow<InvalidSizeException> { other.rentShared(257) }.message!! shouldContain "pool 'chunks'"
                val closed = MemoryPool.isolated("closed").apply { close() }
                shouldThrow<PoolClosedException> { closed.rent(1) }.message!! shouldContain "closed"
                shouldThrow<PoolClosedException> { closed.tryRentShared(1) }
                val small = MemoryPool.isolated("small") { limit = 4.KiB }
                small.tryRent(4096)?.size shouldBe 4096
                small.tryRent(4096).shouldBeNull()
                small.tryRentShared(4096).shouldBeNull()
                pool.rent(10).segment.zero()
            }
        }

        test("the samples of the documentation do what they say") {
            sumOfSquares(pool, 1000) shouldBe (0L until 1000L).sumOf { it * it }
            val reports = mutableListOf<String>()
            deferredReport(pool) { reports += it }
            reports shouldBe listOf("1024 bytes are still leased here")
        }

        test("a view that leaves the scope refuses") {
            val view = memoryScope(pool) { pool.rent(10).segment }
            shouldThrow<ViewClosedException> { view.getByte(0) }.message!! shouldContain "can no longer be used"
        }
    }
}
