package dev.leasehold.memory.contract.pool

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.tryRent
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.util.concurrent.CompletableFuture
import kotlin.time.Duration.Companion.minutes

/** A limit that changes while its pool or manager is at work. */
class LimitChangeSpec : FunSpec({
    test("a pool whose limit is lowered gives idle memory back, keeps what is leased, and refuses more") {
        val pool = MemoryPool.isolated("changing") { limit = 4.MiB }
        val kept = pool.rentShared(64.KiB)
        List(20) { pool.rent(64.KiB) }.forEach { it.close() }
        pool.stats().reserved shouldBe pool.stats().peak
        pool.limit = 256.KiB
        pool.limit shouldBe 256.KiB
        pool.stats().limit shouldBe 256.KiB
        pool.stats().reserved shouldBeLessThanOrEqual 256.KiB
        kept.withSegment { it.setByte(0, 1) }
        pool.limit = 64.KiB
        pool.tryRent(64.KiB) shouldBe null
        shouldThrow<MemoryExhaustedException> { pool.rent(64.KiB) }.message shouldContain "the limit of 65,536 bytes"
        kept.close()
        pool.rent(64.KiB).close()
        pool.close()
    }

    test("who waits in a full pool is served when its limit is raised") {
        val pool = MemoryPool.isolated("changing") { limit = 64.KiB }
        val first = pool.rentShared(64.KiB)
        val second = CompletableFuture.supplyAsync { pool.rentShared(64.KiB, 10.minutes) }
        await("it waits") { pool.stats().waiters == 1 }
        pool.limit = 1.MiB
        second.join().close()
        first.close()
        pool.close()
    }

    test("a manager's limit changes likewise") {
        SystemMemoryManager("changing") { limit = 4.MiB }.use { manager ->
            val kept = manager.allocate(64.KiB)
            List(20) { manager.allocate(64.KiB) }.forEach { it.close() }
            manager.limit = 128.KiB
            manager.maxAllocation shouldBe 128.KiB
            manager.stats().reserved shouldBeLessThanOrEqual 128.KiB
            shouldThrow<MemoryExhaustedException> { manager.allocate(128.KiB) }
            manager.limit = 4.MiB
            manager.allocate(128.KiB).close()
            kept.close()
        }
    }

    test("a limit below a page is refused, and so is one for chunks; nothing changes") {
        val pool = MemoryPool.isolated("changing") { limit = 4.MiB }
        shouldThrow<MemoryConfigurationException> { pool.limit = 100 }.message shouldBe
            "pool 'changing': the limit of 100 bytes is below one page of 4,096 bytes"
        pool.limit shouldBe 4.MiB
        pool.close()
        SystemMemoryManager("changing").use { manager ->
            shouldThrow<MemoryConfigurationException> { manager.limit = -1 }.message shouldBe
                "manager 'changing': the limit of -1 bytes is below one page of 4,096 bytes"
            manager.limit shouldBe Long.MAX_VALUE
        }
        val chunks = MemoryPool.fixed("chunks", 4.KiB, 10)
        shouldThrow<MemoryConfigurationException> { chunks.limit = 1.MiB }.message shouldBe
            "pool 'chunks': its chunks have 40,960 bytes, and no limit of 1,048,576 bytes changes that: make another " +
            "pool with more chunks or fewer"
        chunks.limit shouldBe 40_960
        chunks.close()
    }
})
