package dev.leasehold.memory.support

import dev.leasehold.memory.Hygiene
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.PoolOptions
import dev.leasehold.memory.PoolStatistics
import dev.leasehold.memory.rent
import dev.leasehold.testing.await
import io.kotest.matchers.shouldBe

/**
 * One kind of pool that the contract is checked on.
 *
 * @property largest the largest size that it can rent, as far as the contract goes
 * @property limited whether its limit can be reached with a few leases
 */
internal class PoolFixture(
    val name: String,
    val largest: Long = Long.MAX_VALUE,
    val limited: Boolean = false,
    val fixed: Boolean = false,
    val hygiene: Hygiene = Hygiene.LEAVE,
    val make: () -> MemoryPool,
) {
    /** Runs [body] with a fresh pool, and then sees to it that nothing of it is left. */
    fun <R> use(body: (MemoryPool) -> R): R {
        val pool = make()
        val result = body(pool)
        val before = pool.stats()
        before.used shouldBe 0
        before.shouldAddUp()
        pool.close()
        await("pool '${pool.name}' gives everything back: $pool") { pool.stats().reserved == 0L }
        return result
    }

    override fun toString(): String = name
}

/** The figures count every byte once. */
internal fun PoolStatistics.shouldAddUp() {
    used + idle + quarantined shouldBe reserved
    hits + misses shouldBe rents
}

internal object PoolFixtures {
    private const val NAME = "contract"

    private fun isolated(name: String, limited: Boolean = false, configure: PoolOptions.() -> Unit = {}) =
        PoolFixture(name, limited = limited, hygiene = PoolOptions().apply(configure).hygiene) {
            MemoryPool.isolated(NAME, configure)
        }

    val all: List<PoolFixture> = listOf(
        isolated("an isolated pool"),
        isolated("an isolated pool with a limit", limited = true) { limit = 64.MiB },
        isolated("an isolated pool with a small limit of an odd number of pages", limited = true) {
            limit = 13 * 4096L
        },
        isolated("an isolated pool that keeps nothing idle") { idleBound = 0 },
        isolated("an isolated pool without quarantine") { quarantineBytes = 0 },
        isolated("an isolated pool with a tiny quarantine") {
            quarantineBytes = 8.KiB
            quarantineBlocks = 4
        },
        isolated("an isolated pool that traces sites") { traceSites = true },
        PoolFixture("a fixed pool of small chunks", 100, limited = true, fixed = true) {
            MemoryPool.fixed(NAME, 100, 8)
        },
        PoolFixture("a fixed pool of large chunks", 256.KiB, limited = true, fixed = true) {
            MemoryPool.fixed(NAME, 256.KiB, 6, 4096)
        },
        PoolFixture("a fixed pool of many chunks, with epochs", 4096, limited = true, fixed = true) {
            MemoryPool.fixed(NAME, 4096, 256, 4096)
        },
    ) + Hygiene.entries.map { kind -> isolated("an isolated pool with hygiene $kind") { hygiene = kind } } +
        Hygiene.entries.map { kind ->
            PoolFixture("a fixed pool with hygiene $kind", 1000, limited = true, fixed = true, hygiene = kind) {
                MemoryPool.fixed(NAME, 1000, 80) { hygiene = kind }
            }
        }
}
