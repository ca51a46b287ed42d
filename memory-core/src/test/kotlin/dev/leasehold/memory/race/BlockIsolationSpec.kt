package dev.leasehold.memory.race

import dev.leasehold.memory.KiB
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.support.Lender
import dev.leasehold.memory.support.platform
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.core.factory.TestFactory
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe

/** That the checker finds what is lent again too early is shown where it is used on pools. */
class BlockIsolationSpec : FunSpec({
    include(isolationOfBlocks(Effort::times))
})

/** What kept views of closed blocks must never reach, in [times] of the usual rounds. */
internal fun isolationOfBlocks(times: (usually: Int) -> Int): TestFactory = funSpec {
    val rounds = times(200_000)
    val sizes = longArrayOf(64, 256, 1024, 64, 24)
    val managers = mapOf<String, ManagerOptions.() -> Unit>(
        "with the default quarantine" to {},
        "with a small quarantine" to {
            quarantineBytes = 64.KiB
            quarantineBlocks = 256
        },
        "at its limit" to { limit = 64.KiB },
    )
    for ((kind, configure) in managers) {
        for (virtual in listOf(false, true)) {
            val threads = if (virtual) "virtual" else "platform"
            test("no block of a manager $kind sees or changes another's bytes through views kept on $threads threads") {
                val manager = SystemMemoryManager("isolation", configure)
                val isolation = EpochIsolation(Lender.viewedBlocks(manager), sizes)
                // A manager at its limit gives each viewed block an arena, at tens of microseconds each.
                val slowness = (if (manager.limit < 100.KiB) 100 else 1) * (if (virtual) 2 else 1)
                isolation.run(2, 2, rounds / slowness, virtual)
                manager.stats().used shouldBe 0
                manager.trim()
                manager.stats().quarantined shouldBe 0
                isolation.shouldAllBeRefused()
                manager.close()
                await("all memory is back") { manager.stats().reserved == 0L }
            }
        }
    }

    test("blocks with and without views share a manager, and no kept view reaches the others' bytes") {
        val manager = SystemMemoryManager("mixed")
        val viewed = Lender.viewedBlocks(manager)
        val plain = Lender.blocks(manager)
        var turn = 0
        // Every second block has no view of its own: what a kept view must never reach either. One thread lends.
        val lender = Lender { size ->
            plain.lend(size)?.end()
            if (turn++ % 2 == 0) viewed.lend(size) else viewed.lend(size + 8)
        }
        val isolation = EpochIsolation(lender, sizes)
        isolation.run(1, 2, rounds / 2)
        manager.close()
        isolation.shouldAllBeRefused()
        manager.stats().reserved shouldBe 0
    }

    test("quarantine stays within its bound while viewed blocks come and go") {
        val manager = SystemMemoryManager("bound") {
            quarantineBytes = 256.KiB
            quarantineBlocks = 4096
        }
        var most = 0L
        repeat(50_000) { round ->
            manager.allocate(1024).use { check(it.keptSegment.size == 1024L) }
            if (round % 512 == 0) most = maxOf(most, manager.stats().quarantined)
        }
        // A handful of batches may be on their way at once.
        most shouldBeLessThanOrEqualTo 16 * 256.KiB
        manager.close()
    }
}
