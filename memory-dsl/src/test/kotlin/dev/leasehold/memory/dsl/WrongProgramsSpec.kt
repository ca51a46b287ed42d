package dev.leasehold.memory.dsl

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

/** What does not compile. What compiles and is wrong, EscapeSpec shows refused when it runs. */
class WrongProgramsSpec : FunSpec() {
    private fun refused(program: String, diagnostic: String) {
        Compiler.complaints(program) shouldContain diagnostic
    }

    init {
        test("a right program compiles") {
            Compiler.complaints(
                """
                fun MemoryScope.header(): Segment = pool.rent(16).segment
                suspend fun right(): Int {
                    pause()
                    val sum = memoryScope(pool, name = "right") {
                        val lease = pool.rent(64)
                        header().setInt(0, 1)
                        defer { println(lease.size) }
                        memoryScope outer@{ allocate(8).setLong(0, lease.size); this@outer.allocateInts(3)[0] = 1 }
                        pool.rent(64).use { it.segment.setInt(0, 1); it.segment.getInt(0) } + lease.segment.getInt(0)
                    }
                    pause()
                    return sum
                }
                """,
            ) shouldBe ""
        }

        test("a dropped rent does not compile, outside of a scope and inside") {
            refused("fun wrong() { pool.rent(64) }", "unused return value of 'rent'")
            refused("fun wrong() { memoryScope(pool) { pool.rent(64); println() } }", "unused return value of 'rent'")
            refused(
                "fun wrong() { memoryScope(pool) { pool.rentShared(64); println() } }",
                "unused return value of 'rentShared'",
            )
        }

        test("a dropped allocation does not compile") {
            refused(
                "fun wrong() { memoryScope(pool) { allocate(64); println() } }",
                "unused return value of 'allocate'",
            )
        }

        test("suspending inside of a scope does not compile") {
            refused(
                "suspend fun wrong() { memoryScope(pool) { pause() } }",
                "suspension functions can only be called within coroutine body",
            )
        }

        test("a rent without a scope where one is required does not compile") {
            val needsScope = "fun MemoryScope.header(): Segment = pool.rent(16).segment\n"
            refused("${needsScope}fun wrong(): Segment = header()", "unresolved reference 'header'")
            val needsContext = "context(scope: MemoryScope) fun header(): Segment = scope.allocate(16)\n"
            refused(
                "${needsContext}fun wrong(): Segment = header()",
                "no context argument for 'scope: MemoryScope' found",
            )
        }

        test("reaching the outer scope by accident from a nested receiver of the DSL does not compile") {
            refused(
                """
                @MemoryDsl class Nested
                fun wrong() { memoryScope(pool) { Nested().apply { allocate(8).zero() } } }
                """,
                "cannot be called in this context with an implicit receiver",
            )
        }

        test("returning from the function around a scope, past its end, does not compile") {
            refused("fun wrong(): Int { memoryScope(pool) { return 1 } }", "'return' is prohibited here")
        }

        test("setting a value outside of the scope from inside does not compile") {
            refused(
                "fun wrong(): Long { val lease: Lease; memoryScope(pool) { lease = pool.rent(8) }; return lease.size }",
                "captured values cannot be initialized",
            )
        }
    }
}
