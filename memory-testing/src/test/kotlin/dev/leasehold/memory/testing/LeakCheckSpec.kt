package dev.leasehold.memory.testing

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.diagnostics.LeakDetection
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.testing.samples.nothingLeaks
import dev.leasehold.testing.await
import dev.leasehold.testing.logged
import io.kotest.assertions.throwables.shouldNotThrowAny
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import kotlin.concurrent.thread

class LeakCheckSpec : FunSpec() {
    private fun leakOf(vararg except: String, action: () -> Unit): String? =
        shouldThrow<AssertionError> { checkNothingLeaked(*except, action = action) }.message

    private fun heads(vararg except: String, action: () -> Unit) = Leaks.heads(leakOf(*except, action = action))

    init {
        afterTest { Leaks.tidy() }

        test("what is closed is no leak, and the result comes out") {
            nothingLeaks(Leaks.orders) shouldBe 64
            checkNothingLeaked {
                Leaks.lease().close()
                Leaks.shared().close()
                Leaks.block().also { it.retain().close() }.close()
                "done"
            } shouldBe "done"
        }

        test("each leak is named, with its pool, its bytes and the calls that took it") {
            val message = leakOf {
                Leaks.lease()
                Leaks.block()
            }
            val lines = Leaks.plain(message).lines()
            lines.filterNot { it.startsWith("      at ") } shouldBe listOf(
                "checkNothingLeaked left 1 lease and 1 block of 400 bytes open; close each where it is no longer " +
                    "used, with use { } or try and finally:",
                "  a block of 300 bytes from manager 'cache', allocated at " +
                    "dev.leasehold.memory.testing.Leaks.block(Leaks.kt:LINE) by THREAD, AGE ago",
                "  a lease of 100 bytes from pool 'orders', rented at " +
                    "dev.leasehold.memory.testing.Leaks.lease(Leaks.kt:LINE) by THREAD, AGE ago",
            )
            lines.count { "LeakCheckSpec.kt" in it } shouldBe
                lines.count { it.startsWith("      at ") && "LeakCheckSpec" in it }
            lines.any { it.startsWith("      at dev.leasehold.memory.testing.LeakCheckSpec") } shouldBe true
        }

        test("every kind counts: leases of chunks, shared ones, runs of pages") {
            heads {
                Leaks.chunk()
                Leaks.shared()
            }.drop(1).map { it.substringBefore(", rented") } shouldBe listOf(
                "  a lease of 1,500 bytes from pool 'frames'",
                "  a lease of 200 bytes from pool 'orders'",
            )
            val pages = ArrayList<AutoCloseable>()
            leakOf { pages += Leaks.cache.allocatePages(2) } shouldContain "a block of 8,192 bytes from manager 'cache'"
            pages.forEach(AutoCloseable::close)
        }

        test("a block with a second reference is open until that is closed") {
            heads { Leaks.block().retain().close() }.size shouldBe 2
        }

        test("what was taken before is not counted, though it is open") {
            Leaks.lease()
            shouldNotThrowAny { checkNothingLeaked { Leaks.lease().close() } }
        }

        test("what another thread takes counts, and is named with that thread") {
            leakOf { thread(name = "helper") { Leaks.shared() }.join() } shouldContain "by thread 'helper'"
        }

        test("what has become garbage counts, whether it was found yet or not") {
            for (collections in listOf(0, 1, 20)) {
                val pool = MemoryPool.isolated("lost $collections")
                logged("from pool 'lost $collections' was never closed") { records ->
                    heads {
                        repeat(3) { pool.rentShared(100) }
                        repeat(collections) {
                            System.gc()
                            Thread.sleep(1)
                        }
                    }.size shouldBe 4
                    // One for the line; after this it would stand in the log of the build.
                    await("it is reported") {
                        System.gc()
                        records.isNotEmpty()
                    }
                }
            }
        }

        test("what a manager took back is no leak") {
            shouldNotThrowAny {
                checkNothingLeaked {
                    SystemMemoryManager("cleared").use {
                        it.allocate(100)
                        it.clear()
                    }
                }
            }
        }

        test("named pools and managers are not looked at") {
            shouldNotThrowAny { checkNothingLeaked("orders", "cache") { listOf(Leaks.lease(), Leaks.block()) } }
            heads("cache") { listOf(Leaks.lease(), Leaks.block()) }.size shouldBe 2
        }

        test("the failure of the action comes out, with the leak beside it") {
            val failure = shouldThrow<ArithmeticException> {
                checkNothingLeaked {
                    Leaks.lease()
                    throw ArithmeticException("wrong")
                }
            }
            failure.suppressed.map { Leaks.heads(it.message).first() } shouldBe listOf(
                "checkNothingLeaked left 1 lease of 100 bytes open; close each where it is no longer used, with " +
                    "use { } or try and finally:",
            )
            shouldThrow<ArithmeticException> { checkNothingLeaked { throw ArithmeticException("clean") } }
                .suppressed.toList().shouldBeEmpty()
        }

        test("of very many leaks the first are named, and the rest is summed") {
            val lines = heads { repeat(25) { Leaks.lease(size = 100) } }
            lines.first() shouldContain "left 25 leases of 2,500 bytes open"
            lines.size shouldBe 22
            lines.last() shouldBe "  and 5 more of 500 bytes"
        }

        test("a nested check blames what is in it, and the outer one the rest") {
            val inner = ArrayList<String>()
            val outer = heads {
                Leaks.lease(size = 1)
                inner += heads { Leaks.lease(size = 2) }
                Leaks.lease(size = 3)
            }
            inner.drop(1).map { it.substringBefore(" from") } shouldBe listOf("  a lease of 2 bytes")
            outer.drop(1).map { it.substringBefore(" from") } shouldBe
                listOf("  a lease of 3 bytes", "  a lease of 1 byte")
        }

        test("a check on another thread is refused while one is running, and may run afterwards") {
            val other = CompletableFuture<Unit>()
            fun onOther() = thread {
                try {
                    other.complete(checkNothingLeaked {})
                } catch (refusal: IllegalStateException) {
                    other.completeExceptionally(refusal)
                }
            }.join()
            checkNothingLeaked { onOther() }
            shouldThrow<ExecutionException> { other.get() }.cause?.message shouldBe
                "the leak check of checkNothingLeaked cannot begin inside of that of checkNothingLeaked, which is " +
                "running: what they count is open in the whole process, so tests with a check run one after the " +
                "other; give their classes @Isolate (Kotest) or @Isolated (JUnit), or check around all of them"
            checkNothingLeaked {}
        }

        test("a check that fails lets the next one begin, and the sample is as it was before") {
            val before = LeakDetection.sampleEvery
            LeakDetection.sampleEvery = 77
            try {
                leakOf {
                    LeakDetection.sampleEvery shouldBe 1
                    Leaks.lease()
                    leakOf { Leaks.lease() }
                    LeakDetection.sampleEvery shouldBe 1
                }
                LeakDetection.sampleEvery shouldBe 77
                checkNothingLeaked { LeakDetection.sampleEvery shouldBe 1 }
                LeakDetection.sampleEvery shouldBe 77
            } finally {
                LeakDetection.sampleEvery = before
            }
        }

        test("leases of faulty memory count as others do") {
            FaultyMemory { refuse(call = 2) }.pool("faulty").use { pool ->
                val open = ArrayList<AutoCloseable>()
                leakOf { open += pool.rent(100) } shouldContain "a lease of 100 bytes from pool 'faulty'"
                open.forEach(AutoCloseable::close)
            }
        }
    }
}
