package dev.leasehold.memory.contract.budget

import dev.leasehold.memory.BudgetClosedException
import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.BudgetInUseException
import dev.leasehold.memory.GiB
import dev.leasehold.memory.KiB
import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.tryRent
import dev.leasehold.memory.tryRentShared
import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import java.util.concurrent.CountDownLatch
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

/** Every refusal of a budget, and every word of its message. */
class BudgetRefusalSpec : FunSpec({
    fun tree(limit: Long = 512.MiB): MemoryBudget =
        MemoryBudget("sockets", limit, MemoryBudget("ingest", 1.GiB, MemoryBudget.rootOf("app", 8.GiB)))

    test("a budget that refuses names the whole path, its figures, the pool and what to do") {
        val sockets = tree()
        val pool = MemoryPool.isolated("frames") { budget = sockets }
        val whole = pool.rent(512.MiB)
        val refusal = shouldThrow<BudgetExceededException> { pool.rent(4.MiB) }
        refusal.message shouldBe "app › ingest › sockets: 512 MiB of 512 MiB used, 4 MiB requested for the " +
            "pages of 4,194,304 bytes by pool 'frames': close what is no longer used, raise the limit of " +
            "'app › ingest › sockets', or rent with a timeout to wait"
        refusal.ownerName shouldBe "frames"
        refusal.requested shouldBe 4.MiB
        refusal.path shouldBe "app › ingest › sockets"
        refusal.limit shouldBe 512.MiB
        refusal.used shouldBe 512.MiB
        whole.close()
        pool.rent(512.MiB).close()
        pool.close()
    }

    test("a shared rent and an aligned one are refused alike, and a try returns null") {
        val pool = MemoryPool.isolated("frames") { budget = tree(64.KiB) }
        val whole = pool.rent(64.KiB)
        val message = "app › ingest › sockets: 64 KiB of 64 KiB used, 4 KiB requested for the " +
            "pages of 100 bytes by pool 'frames': close what is no longer used, raise the limit of " +
            "'app › ingest › sockets', or rent with a timeout to wait"
        shouldThrow<BudgetExceededException> { pool.rentShared(100) }.message shouldBe message
        shouldThrow<BudgetExceededException> { pool.rent(100, 4096) }.message shouldBe message
        pool.tryRent(100) shouldBe null
        pool.tryRentShared(100) shouldBe null
        shouldThrow<RentTimeoutException> { pool.rent(100, 20.milliseconds) }.message shouldBe
            "app › ingest › sockets: 64 KiB of 64 KiB used, 4 KiB requested; pool 'frames' waited 20 ms for 100 " +
            "bytes: close leases sooner, raise the limit of 'app › ingest › sockets', or wait longer"
        whole.close()
        pool.close()
    }

    test("a manager is refused likewise, and gets what pools have idle first") {
        val sockets = tree(1.MiB)
        val pool = MemoryPool.isolated("pool") { budget = sockets }
        val manager = SystemMemoryManager("index") { budget = sockets }
        sockets.managers.single() shouldBe manager
        pool.rent(1.MiB).close()
        val block = manager.allocate(1.MiB)
        pool.stats().reserved shouldBe 0
        val refusal = shouldThrow<BudgetExceededException> { manager.allocate(100) }
        refusal.message shouldBe "app › ingest › sockets: 1 MiB of 1 MiB used, 4 KiB requested " +
            "for the pages of 100 bytes by manager 'index': close what is no longer used or raise the limit of " +
            "'app › ingest › sockets'"
        refusal.ownerName shouldBe "index"
        sockets.toTree().lines().last().startsWith("└─ manager index") shouldBe true
        block.close()
        pool.rent(1.MiB).close()
        pool.close()
        manager.close()
        sockets.used shouldBe 0
        sockets.close()
        shouldThrow<BudgetClosedException> { SystemMemoryManager("late") { budget = sockets } }
    }

    test("the node that refuses is the one that is named") {
        val sockets = tree(2.GiB)
        val pool = MemoryPool.fixed("half", 512.MiB, 2, 4096) { budget = sockets }
        val refusal = shouldThrow<BudgetExceededException> { MemoryPool.fixed("more", 4096, 1) { budget = sockets } }
        refusal.message shouldBe "app › ingest: 1 GiB of 1 GiB used, 4 KiB requested for the pages " +
            "of 4,096 bytes by pool 'more': close what is no longer used, raise the limit of 'app › ingest', or rent " +
            "with a timeout to wait"
        sockets.pools.size shouldBe 1
        pool.close()
        sockets.used shouldBe 0
    }

    test("a refusal by the pool's own limit keeps its words, also when a budget has refused before") {
        val sockets = tree(128.KiB)
        val pool = MemoryPool.isolated("own") {
            budget = sockets
            limit = 64.KiB
        }
        val other = MemoryPool.fixed("other", 4096, 16) { budget = sockets }
        sockets.limit = 100.KiB
        val half = pool.rent(32.KiB)
        shouldThrow<BudgetExceededException> { pool.rent(8192) }
        other.close()
        val rest = pool.rent(32.KiB)
        val refusal = shouldThrow<MemoryExhaustedException> { pool.rent(4096) }
        refusal.message shouldBe "pool 'own': 4,096 bytes requested, 65,536 bytes of the limit of 65,536 bytes are " +
            "reserved and 65,536 bytes used: close leases sooner, raise the limit, or rent with a timeout to wait"
        (refusal is BudgetExceededException) shouldBe false
        half.close()
        rest.close()
        pool.close()
    }

    test("idle memory of the other pools below the budget is no reason to refuse") {
        val app = MemoryBudget.rootOf("app", 1.MiB)
        val deep = MemoryBudget("deep", parent = MemoryBudget("side", parent = app))
        val idle = MemoryPool.isolated("idle") { budget = deep }
        val sleeper = MemoryPool.isolated("sleeper") { budget = app }
        val requesting = MemoryPool.isolated("requesting") { budget = app }
        onThread { List(30) { idle.rent(8192) }.forEach(Lease::close) }
        List(20) { sleeper.rentShared(8192) }.forEach(SharedLease::close)
        (app.used >= 400.KiB) shouldBe true
        requesting.rent(1.MiB).close()
        idle.stats().reserved shouldBe 0
        sleeper.stats().reserved shouldBe 0
        idle.rent(1.MiB).close()
        requesting.stats().reserved shouldBe 0
        sleeper.rentShared(1.MiB).close()
        MemoryPool.fixed("fixed", 1.MiB, 1, 4096) { budget = app }.close()
        listOf(idle, sleeper, requesting).forEach(MemoryPool::close)
        app.used shouldBe 0
    }

    test("two pools that take all of one budget in turn, from many threads, are never refused what is idle") {
        val app = MemoryBudget.rootOf("app", 256.KiB)
        val pools = List(2) { MemoryPool.isolated("pool $it") { budget = app } }
        repeat(Effort.times(100)) { round ->
            onThread { pools[round % 2].rent(256.KiB).close() }
            onThread { List(8) { pools[round % 2].rentShared(8192) }.forEach(SharedLease::close) }
        }
        pools.forEach(MemoryPool::close)
        app.used shouldBe 0
    }

    test("a waiting request gets what another pool of the budget gives up, without a word between them") {
        val app = MemoryBudget.rootOf("app", 1.MiB)
        val giving = MemoryPool.isolated("giving") { budget = app }
        val waiting = MemoryPool.isolated("waiting") { budget = app }
        val taken = CountDownLatch(1)
        val giver = Thread.ofPlatform().start {
            val lease = giving.rent(1.MiB)
            taken.countDown()
            Thread.sleep(30)
            lease.close()
            Thread.sleep(200)
        }
        taken.await()
        waiting.rent(512.KiB, 2.minutes).use { it.size shouldBe 512.KiB }
        giver.join()
        giving.close()
        waiting.close()
        app.used shouldBe 0
    }

    class Wrong(val what: String, val type: Class<out Throwable>, val message: String, val act: () -> Any?)

    val app = MemoryBudget.rootOf("app", 1.MiB)
    val closed = MemoryBudget("closed", parent = app).also(MemoryBudget::close)
    val full = MemoryBudget("full", 4096, app)
    val other = MemoryBudget.rootOf("elsewhere", 1.MiB)
    val pool = MemoryPool.isolated("pool") { budget = app }
    val configuration = MemoryConfigurationException::class.java
    val closedMessage = "budget 'app › closed' is closed: draw on a budget that is open"

    val wrongs = listOf(
        Wrong("a blank name", configuration, "the name of a budget must not be blank") { MemoryBudget(" \t", 1, app) },
        Wrong(
            "a negative limit",
            configuration,
            "budget 'app › new': the limit must not be negative, and was -1; Long.MAX_VALUE means none",
        ) { MemoryBudget("new", -1, app) },
        Wrong(
            "a negative limit later",
            configuration,
            "budget 'app': the limit must not be negative, and was ${Long.MIN_VALUE}; Long.MAX_VALUE means none",
        ) { app.limit = Long.MIN_VALUE },
        Wrong(
            "a soft limit above the limit",
            configuration,
            "budget 'app': the soft limit of 2 MiB is above the limit of 1 MiB and would never be reached",
        ) { app.onSoftLimit(2.MiB) { _, _ -> } },
        Wrong("a soft limit of nothing", configuration, "budget 'app': a soft limit must be positive, and was 0") {
            app.onSoftLimit(0) { _, _ -> }
        },
        Wrong("a closed parent", BudgetClosedException::class.java, closedMessage) {
            MemoryBudget("new", 1, closed)
        },
        Wrong("a pool of a closed budget", BudgetClosedException::class.java, closedMessage) {
            MemoryPool.isolated("late") { budget = closed }
        },
        Wrong("fixed chunks of a closed budget", BudgetClosedException::class.java, closedMessage) {
            MemoryPool.fixed("late", 64, 4) { budget = closed }
        },
        Wrong("a transfer to a closed budget", BudgetClosedException::class.java, closedMessage) {
            pool.rent(100).use { it.transferTo(closed) }
        },
        Wrong(
            "a transfer to a full budget",
            BudgetExceededException::class.java,
            "app › full: 0 bytes of 4 KiB used, 8 KiB requested; a lease of 8,000 bytes from pool 'pool' was not " +
                "transferred, and stays as it was: close what draws on 'app › full' sooner, or raise its limit",
        ) {
            pool.rentShared(8000).use { it.transferTo(full) }
        },
        Wrong(
            "a transfer to another tree",
            configuration,
            "budget 'elsewhere' is not in the tree of 'app': a charge moves within one tree only",
        ) {
            pool.rentShared(8000).use { it.transferTo(other) }
        },
        Wrong(
            "the end of a budget with a budget",
            BudgetInUseException::class.java,
            "budget 'app › outer' cannot be closed: 0 bytes used, and budget 'inner' still draws on it: close what " +
                "draws on a budget before the budget",
        ) {
            val outer = MemoryBudget("outer", parent = app)
            MemoryBudget("inner", parent = outer).use { outer.close() }
        },
        Wrong(
            "the end of a budget with pools",
            BudgetInUseException::class.java,
            "budget 'app › outer' cannot be closed: 8 KiB used, and pool 'a', pool 'b' still draw on it: close what " +
                "draws on a budget before the budget",
        ) {
            val outer = MemoryBudget("outer", parent = app)
            MemoryPool.isolated("a") { budget = outer }.use {
                MemoryPool.fixed("b", 4096, 2) { budget = outer }.use { outer.close() }
            }
        },
        Wrong(
            "the end of a budget with a transferred lease",
            BudgetInUseException::class.java,
            "budget 'app › full' cannot be closed: 128 bytes used, and leases that were transferred to it still draw " +
                "on it: close what draws on a budget before the budget",
        ) {
            pool.rent(100).transferTo(full).use { full.close() }
        },
        Wrong(
            "the end of the root",
            UnsupportedOperationException::class.java,
            "the budget 'app' is the root, belongs to the whole process and cannot be closed; " +
                "use MemoryBudget(name) for one that can",
        ) { MemoryBudget.root().close() },
    )

    for (wrong in wrongs) {
        test("${wrong.what} is refused with a reason") {
            val failure = runCatching { wrong.act() }.exceptionOrNull()
            failure shouldNotBe null
            failure!!::class.java shouldBe wrong.type
            failure.message shouldBe wrong.message
        }
    }

    test("wrong input leaves nothing behind") {
        pool.stats().used shouldBe 0
        pool.stats().transferred shouldBe 0
        full.used shouldBe 0
        pool.close()
        app.used shouldBe 0
        full.close()
        other.used shouldBe 0
    }
})
