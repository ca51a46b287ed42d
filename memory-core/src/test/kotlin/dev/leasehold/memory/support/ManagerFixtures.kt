package dev.leasehold.memory.support

import dev.leasehold.memory.GiB
import dev.leasehold.memory.KiB
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.ManagerStatistics
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.testing.await
import io.kotest.matchers.shouldBe

/**
 * One kind of manager that the contract is checked on, and what it can do beyond the contract.
 *
 * @property limited whether its limit can be reached with a few blocks
 * @property closable whether it may be closed; if not, it is shared with others and its figures are not its test's
 *   alone
 * @property quarantine whether blocks whose views any thread may have wait in quarantine when they are closed
 * @property checked whether blocks have guard bytes, and move whenever they are resized
 */
internal class ManagerFixture(
    val name: String,
    val limited: Boolean = false,
    val closable: Boolean = true,
    val quarantine: Boolean = true,
    val checked: Boolean = false,
    private val ended: () -> Unit = {},
    private val make: () -> MemoryManager,
) {
    /** Runs [body] with a manager, a fresh one if there can be any, and then sees to it that nothing of it is left. */
    fun <R> use(body: (MemoryManager) -> R): R {
        val manager = make()
        val before = manager.stats()
        val result = body(manager)
        val after = manager.stats()
        after.shouldAddUp()
        after.blocks shouldBe before.blocks
        after.used shouldBe before.used
        if (!closable) return result
        manager.close()
        await("manager '${manager.name}' gives everything back: $manager") { manager.stats().reserved == 0L }
        ended()
        return result
    }

    override fun toString(): String = name
}

/** The figures count every byte once. */
internal fun ManagerStatistics.shouldAddUp() {
    used + idle + quarantined shouldBe reserved
    check(used >= 0 && idle >= 0 && quarantined >= 0 && blocks >= 0) { "a figure is negative: $this" }
    check(reserved <= peak && peak <= limit) { "more than the peak or the limit is reserved: $this" }
    check(hits in 0..allocations) { "more hits than allocations: $this" }
}

/** The figures that only a manager's users change; epochs change what is idle at any time, as they retire. */
internal fun ManagerStatistics.withoutEpochs(): List<Long> =
    listOf(blocks, used, idle + quarantined, reserved, peak, limit, allocations, hits)

internal object ManagerFixtures {
    private const val NAME = "contract"

    private fun own(
        name: String,
        limited: Boolean = false,
        quarantine: Boolean = true,
        configure: ManagerOptions.() -> Unit = {},
    ) = ManagerFixture(name, limited, quarantine = quarantine) { SystemMemoryManager(NAME, configure) }

    private fun overFile(
        name: String,
        limited: Boolean = false,
        checked: Boolean = false,
        configure: ManagerOptions.() -> Unit = {},
    ) = ManagerFixture(name, limited, quarantine = false, checked = checked) {
        BumpEngine.manager(NAME, configure = configure)
    }

    private fun mapped(
        name: String,
        limited: Boolean = false,
        configure: ManagerOptions.() -> Unit = {
        },
    ): ManagerFixture {
        var files: MappedFiles? = null
        return ManagerFixture(name, limited, ended = { files?.close() }) {
            val folder = MappedFiles().also { files = it }
            MappedMemoryManager.create(folder.path(NAME)) {
                maxSize = 128.GiB
                configure()
            }
        }
    }

    private fun withinBudget(): ManagerFixture {
        var budget: MemoryBudget? = null
        return ManagerFixture(
            "a manager within a budget",
            ended = {
                budget?.used shouldBe 0
                budget?.close()
            },
        ) {
            val parent = MemoryBudget("contracts", 64.MiB).also { budget = it }
            SystemMemoryManager(NAME) { this.budget = parent }
        }
    }

    val all: List<ManagerFixture> = listOf(
        ManagerFixture("the system manager", closable = false) { MemoryManager.system() },
        own("a manager of one's own"),
        ManagerFixture("a manager with default options") { SystemMemoryManager(NAME) },
        own("a manager with a limit", limited = true) { limit = 64.MiB },
        own("a manager with a small limit of an odd number of pages", limited = true) { limit = 13 * 4096L },
        own("a manager that keeps nothing idle") { idleBound = 0 },
        own("a manager without quarantine", quarantine = false) { quarantineBytes = 0 },
        own("a manager with a tiny quarantine") {
            quarantineBytes = 8.KiB
            quarantineBlocks = 4
        },
        own("a manager that traces sites") { traceSites = true },
        ManagerFixture("a checked manager", quarantine = false, checked = true) {
            SystemMemoryManager(NAME) { checked = true }
        },
        withinBudget(),
        overFile("a manager over a file"),
        overFile("a manager over a file, with a limit", limited = true) { limit = 64.MiB },
        overFile("a manager over a file, with a small limit", limited = true) { limit = 13 * 4096L },
        overFile("a manager over a file that keeps nothing idle") { idleBound = 0 },
        overFile("a manager over a file that traces sites") { traceSites = true },
        overFile("a checked manager over a file", checked = true) { this.checked = true },
        mapped("a mapped manager"),
        mapped("a mapped manager with a limit", limited = true) { limit = 64.MiB },
        mapped("a mapped manager with a small limit", limited = true) { limit = 13 * 4096L },
        mapped("a mapped manager that keeps nothing idle") { idleBound = 0 },
        mapped("a mapped manager that traces sites") { traceSites = true },
    )
}
