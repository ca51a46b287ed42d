package dev.leasehold.memory.coroutines.contract.watch

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.coroutines.RentDeadlockException
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.rentAll
import dev.leasehold.memory.coroutines.support.withoutAddresses
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlin.time.Duration.Companion.milliseconds

/**
 * What becomes of coroutines that have their bytes, and wait for blocks of the pool below that they hold themselves.
 */
class DeadlockBelowSpec : FunSpec() {
    init {
        context("in the pool below, whose blocks are larger than what was requested") {
            test("a body that waits for blocks that its own scope holds fails") {
                tight { pool ->
                    val refusal = shouldThrow<RentDeadlockException> {
                        withContext(CoroutineName("upload")) {
                            memoryScope(pool) {
                                rent(600 * KIBIBYTE)
                                rent(400 * KIBIBYTE)
                            }
                        }
                    }
                    withoutAddresses(refusal.message) shouldBe
                        "pool 'tight': coroutine 'upload' (ScopeCoroutine) requests 409,600 bytes of a capacity of " +
                        "1,048,576 bytes, which are free, but the pool below has no memory for them under its limit " +
                        "of 1,048,576 bytes: all 655,360 bytes of its blocks that are out belong to what this " +
                        "coroutine and its scopes hold, 614,400 bytes as requested, and nothing came back within " +
                        "50ms; raise the limit above the capacity, or close leases sooner"
                }
            }

            test("a group that does not fit fails") {
                tight { pool ->
                    shouldThrow<RentDeadlockException> { pool.rentAll(600 * KIBIBYTE, 400 * KIBIBYTE) }.held shouldBe
                        600 * KIBIBYTE
                }
            }

            test("while others hold some of its memory, none fails") {
                tight { pool ->
                    val other = pool.rent(4096)
                    val waiting = launch(Dispatchers.Default) {
                        memoryScope(pool) {
                            rent(600 * KIBIBYTE)
                            rent(400 * KIBIBYTE)
                        }
                    }
                    await("it waits in the pool below") { pool.pool.stats().waiters == 1 }
                    delay(300.milliseconds)
                    waiting.isActive shouldBe true
                    waiting.cancelAndJoin()
                    other.close()
                }
            }
        }
    }

    /** A pool whose capacity is the limit of the pool below, which blocks reach sooner than what was requested. */
    private suspend fun tight(body: suspend CoroutineScope.(SuspendingPool) -> Unit) {
        MemoryPool.isolated("tight") { limit = 1024 * KIBIBYTE }.use { memory ->
            SuspendingPool(memory) { stallPatience = 50.milliseconds }.use { pool ->
                coroutineScope { body(pool) }
                await("all came back") { pool.stats().used == 0L }
            }
            await("all blocks came back") { memory.stats().used == 0L }
        }
    }

    private companion object {
        const val KIBIBYTE = 1024L
    }
}
