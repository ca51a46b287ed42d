package dev.leasehold.memory.race

import dev.leasehold.memory.KiB
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.PoolOptions
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.internal.block.Fence
import dev.leasehold.memory.model.HastyBias
import dev.leasehold.memory.model.PlayedBias
import dev.leasehold.memory.support.KeepingPlatform
import dev.leasehold.memory.support.Lender
import dev.leasehold.memory.support.shouldAddUp
import dev.leasehold.testing.Effort
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/*
 * What runs in classes that are stalled at every step, and once more with a twin among them. Each is made anew there, by
 * its name and from a seed, so it has the pools and threads of its own loader.
 */

private fun poolAt(limit: Long, configure: PoolOptions.() -> Unit = {}): MemoryPool {
    val options = PoolOptions().apply(configure).also { it.limit = limit }
    return MemoryPool.make("stalled", options, KeepingPlatform())
}

private fun MemoryPool.shouldComeToNothing() {
    val figures = stats()
    check(figures.used == 0L) { "bytes were lost: $figures" }
    check(figures.peak <= figures.limit) { "more than the limit: $figures" }
    close()
    check(stats().reserved == 0L) { "bytes were lost: ${stats()}" }
}

/** Hand-over by requests that may not be refused, at the limit. */
internal class StalledHandOver(private val seed: Long) : Runnable {
    override fun run() {
        val pool = poolAt(256.KiB)
        PermittedHandOver(pool, seed).run(threads = 4, Effort.times(2_000))
        pool.shouldComeToNothing()
    }
}

/** [StalledHandOver] while another thread trims: what it has in its hands is idle, too. */
internal class TrimmedHandOver(private val seed: Long) : Runnable {
    override fun run() {
        val pool = poolAt(256.KiB)
        val ended = AtomicBoolean()
        val trimming = Thread.ofPlatform().start { while (!ended.get()) pool.trim() }
        try {
            PermittedHandOver(pool, seed).run(threads = 4, Effort.times(500))
        } finally {
            ended.set(true)
            trimming.join()
        }
        pool.shouldComeToNothing()
    }
}

/** Hand-over far from a limit, where all goes by the depot. */
internal class RoomyHandOver(private val seed: Long) : Runnable {
    override fun run() {
        val pool = poolAt(64.MiB)
        PermittedHandOver(pool, seed, pages = 256).run(threads = 4, Effort.times(2_000))
        pool.shouldComeToNothing()
    }
}

/** Hand-over by requests that wait, each at the head of the line in the end. */
internal class StalledWaits(private val seed: Long) : Runnable {
    override fun run() = wait(seed, 10.minutes)
}

/** [StalledWaits] with less patience, where it is known to be in vain. */
internal class VainWaits(private val seed: Long) : Runnable {
    override fun run() = wait(seed, 2.seconds)
}

private fun wait(seed: Long, patience: Duration) {
    val pool = poolAt(144.KiB)
    WaitingHandOver(pool, seed, patience).run(takers = 3, Effort.times(500))
    pool.shouldComeToNothing()
}

/** Refusals, and what makes an end of them. */
internal class StalledRefusals(private val seed: Long) : Runnable {
    override fun run() {
        for (size in longArrayOf(1.KiB, 64.KiB)) {
            val pool = poolAt(4 * size + 64.KiB)
            val rounds = RefusalRounds(pool, size, seed)
            rounds.run(Effort.times(60))
            check(rounds.refused > 0) { "no request was refused" }
            pool.shouldComeToNothing()
        }
    }
}

/** Any requests at the limit of a pool and of a manager, refused or not. */
internal class StalledAccounts(private val seed: Long) : Runnable {
    override fun run() {
        val pool = poolAt(512.KiB)
        account(Lender.leases(pool), Lender.sharedLeases(pool)) { pool.trim() }
        pool.shouldComeToNothing()
        val options = ManagerOptions().apply { limit = 512.KiB }
        val manager = SystemMemoryManager.make("stalled", options, KeepingPlatform())
        account(Lender.blocks(manager), Lender.viewedBlocks(manager)) { manager.trim() }
        manager.stats().shouldAddUp()
        check(manager.stats().used == 0L) { "bytes were lost: $manager" }
        manager.close()
    }

    private fun account(owned: Lender, shared: Lender, trim: () -> Unit) {
        for (virtual in listOf(false, true)) {
            Accounting(owned, shared, seed) { trim() }.run(threads = 4, Effort.times(500), virtual)
        }
    }
}

/** Counts of references, plain ones and others, up to the end of each block. */
internal class StalledCounts(private val seed: Long) : Runnable {
    override fun run() {
        for (pause in listOf(1, 64)) {
            CountRace(PlayedBias(Fence::everyThread, pause, pause), 2 + seed.mod(3)).run(Effort.times(500), 2)
        }
    }
}

/** [StalledCounts] by a bias that ends without waiting for its owner. */
internal class HastyCounts(private val seed: Long) : Runnable {
    override fun run() = CountRace(HastyBias(), 2 + seed.mod(3)).run(30_000, 2)
}
