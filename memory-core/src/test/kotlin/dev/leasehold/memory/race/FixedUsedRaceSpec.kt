package dev.leasehold.memory.race

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeLessThan
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.concurrent.thread

/** Chunks that leave quarantine, or are in the hands of a trim, are not in use while they are on their way. */
class FixedUsedRaceSpec : FunSpec({
    test("what is used is exact while chunks leave quarantine and are trimmed") {
        MemoryPool.fixed("used", 1024, 64).use { pool ->
            val isOver = AtomicBoolean()
            val trimmer = thread { while (!isOver.get()) pool.trim() }
            var wrong = 0
            try {
                repeat(Effort.times(20_000)) {
                    pool.rentShared(1024).use { lease -> lease.keptSegment.setByte(0, 1) }
                    if (pool.stats().used != 0L) wrong++
                }
            } finally {
                isOver.set(true)
                trimmer.join()
            }
            // While a trim has a chunk in its hand the figures wait for it, a tenth of a second: its thread may have no
            // processor for longer. A count that is not exact is wrong thousands of times.
            wrong shouldBeLessThan 20
        }
    }

    test("a request finds the only chunk, though a trim takes it while the request looks") {
        MemoryPool.fixed("one", 64, 1).use { pool ->
            val isOver = AtomicBoolean()
            val trimmers = List(2) { thread { while (!isOver.get()) pool.trim() } }
            try {
                repeat(Effort.times(50_000)) { pool.rent(64).close() }
            } finally {
                isOver.set(true)
                trimmers.forEach(Thread::join)
            }
        }
    }
})
