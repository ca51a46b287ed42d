package dev.leasehold.memory.dsl

import dev.leasehold.memory.Lease
import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.LeaseThreadException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.ViewThreadException
import dev.leasehold.memory.rent
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import kotlin.concurrent.thread

internal fun lineHere(): Int = StackWalker.getInstance().walk { frames -> frames.skip(1).findFirst().get().lineNumber }

/** Everything that the compiler cannot refuse, and the run time does. */
class EscapeSpec : FunSpec() {
    private val pool = MemoryPool.isolated("escapes")

    private fun <T : Any> onAnotherThread(action: () -> T): T {
        var outcome: Result<T>? = null
        thread(name = "intruder") { outcome = runCatching(action) }.join()
        return outcome!!.getOrThrow()
    }

    private fun escaped(): Lease = memoryScope(pool, name = "parse") { pool.rent(10) }

    init {
        afterTest { pool.stats().used shouldBe 0 }

        test("a lease that was returned out of its scope names the scope, its line and its function") {
            val line = lineHere() + 1
            val lease = memoryScope(pool, name = "parse") { pool.rent(10) }
            val message = shouldThrow<LeaseClosedException> { lease.segment }.message!!
            message shouldContain "memory scope 'parse' at EscapeSpec.kt:$line ("
            message shouldContain "pool 'escapes'"
            shouldThrow<LeaseClosedException> { escaped().segment }.message!! shouldContain
                "(dev.leasehold.memory.dsl.EscapeSpec.escaped)"
        }

        test("a scope without a name is known by its line") {
            val line = lineHere() + 1
            val lease = memoryScope(pool) { pool.rentShared(10) }
            shouldThrow<LeaseClosedException> { lease.withSegment { it.size } }.message!! shouldContain
                "it belonged to memory scope at EscapeSpec.kt:$line ("
        }

        test("two scopes in one function have sites of their own") {
            val line = lineHere()
            val first = memoryScope(pool) { pool.rent(10) }
            val second = memoryScope(pool) { memoryScope(pool) { pool.rent(10) } }
            shouldThrow<LeaseClosedException> { first.segment }.message!! shouldContain "EscapeSpec.kt:${line + 1} "
            shouldThrow<LeaseClosedException> { second.segment }.message!! shouldContain "EscapeSpec.kt:${line + 2} "
        }

        test("a lease that left through a variable refuses, and closing it again does nothing") {
            var kept: Lease? = null
            var shared: SharedLease? = null
            memoryScope(pool, "var") {
                kept = pool.rent(10)
                shared = pool.rentShared(10)
            }
            shouldThrow<LeaseClosedException> { kept!!.segment }.message!! shouldContain "memory scope 'var'"
            val refusal = shouldThrow<LeaseClosedException> { shared!!.withSegment { it.size } }
            refusal.message!! shouldContain "memory scope 'var'"
            kept!!.close()
            shared!!.close()
        }

        test("a scope that left its body refuses everything") {
            val scope = memoryScope(pool, "gone") { this }
            with(scope) {
                val calls = listOf<() -> Any?>(
                    { pool.rent(1) },
                    { pool.rent(1, 1) },
                    { pool.tryRent(1) },
                    { pool.rentShared(1) },
                    { pool.tryRentShared(1) },
                    { allocate(1) },
                    { allocate(1, 1) },
                    { defer { } },
                )
                calls.forEach {
                    shouldThrow<ScopeClosedException> { it() }.message!! shouldContain
                        "memory scope 'gone' at EscapeSpec.kt:"
                }
            }
        }

        test("a scope that has allocated refuses to carve on after its end") {
            val scope = memoryScope(pool) { also { allocate(8).setLong(0, 1) } }
            shouldThrow<ScopeClosedException> { scope.allocate(8) }.message!! shouldContain "has ended"
        }

        test("a scope refuses another thread, names both, and goes on where it belongs") {
            memoryScope(pool, "mine") {
                val scope = this
                allocate(8).zero()
                val owner = Thread.currentThread().name
                val calls = listOf<() -> Any>(
                    { pool.rent(1) },
                    { pool.rentShared(1) },
                    { scope.allocate(1) },
                    { scope.allocate(1, 1) },
                    { defer { }.let { 0 } },
                )
                calls.forEach {
                    val message = shouldThrow<ScopeThreadException> { onAnotherThread(it) }.message!!
                    message shouldContain "memory scope 'mine'"
                    message shouldContain "'$owner'"
                    message shouldContain "'intruder'"
                }
                allocate(8).zero()
            }
        }

        test("a scope's lease and segment refuse another thread") {
            memoryScope(pool) {
                val lease = pool.rent(10)
                val segment = allocate(10)
                shouldThrow<LeaseThreadException> { onAnotherThread { lease.segment.size } }
                shouldThrow<LeaseThreadException> { onAnotherThread { lease.close() } }
                shouldThrow<ViewThreadException> { onAnotherThread { segment.getByte(0) } }
                lease.isClosed shouldBe false
            }
        }

        test("a lease without an owner says nothing of a scope") {
            val lease = pool.rent(10)
            lease.close()
            shouldThrow<LeaseClosedException> { lease.segment }.message!! shouldNotContain "memory scope"
        }

        test("the scope's description is its name and place") {
            memoryScope(pool, "shown") { toString() } shouldContain "memory scope 'shown' at EscapeSpec.kt:"
        }
    }
}
