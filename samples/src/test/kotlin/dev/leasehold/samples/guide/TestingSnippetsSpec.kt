package dev.leasehold.samples.guide

import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.rent
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

class TestingSnippetsSpec : FunSpec() {
    init {
        test("a leak is reported with its pool and its place") {
            val left = ArrayList<Lease>()
            MemoryPool.isolated("orders").use { pool ->
                Testing.leak(pool) { it.rent(100).close() }
                shouldThrow<AssertionError> { Testing.leak(pool) { left += it.rent(100) } }.message shouldContain
                    "left 1 lease of 100 bytes open"
                left.forEach(Lease::close)
            }
        }

        test("a refusal is reported in the words that the guide shows") {
            val reports = ArrayList<String?>()
            Testing.refusal(reports::add)
            reports shouldBe listOf(
                "pool 'orders': 100 bytes requested, and call 3 is refused by the script of its FaultyMemory: " +
                    "change the script to let it through",
            )
        }

        test("each call is refused in turn, and work that tidies up passes; work that does not is found") {
            val refusals = ArrayList<Boolean>()
            Testing.everyRefusal({ pool ->
                pool.rent(1).use { pool.rent(2).use { pool.rent(3).close() } }
            }, refusals::add)
            refusals shouldBe List(3) { true }
            val left = ArrayList<Lease>()
            shouldThrow<AssertionError> {
                Testing.everyRefusal(
                    { pool ->
                        left += pool.rent(1)
                        pool.rent(2).close()
                        left.forEach(Lease::close)
                    },
                    refusals::add,
                )
            }.message shouldContain "left 1 lease of 1 byte open"
            left.forEach(Lease::close)
        }
    }
}
