package dev.leasehold.memory.fault

import dev.leasehold.memory.Block
import dev.leasehold.memory.Hygiene
import dev.leasehold.memory.KiB
import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.tryRent
import dev.leasehold.testing.FaultyVerb
import dev.leasehold.testing.await
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Waits until what [from] has [reserved] is nothing: some of it goes back in the background. */
private fun goesBack(from: Any, reserved: () -> Long) {
    val deadline = System.nanoTime() + PATIENCE
    while (reserved() != 0L) {
        check(System.nanoTime() < deadline) { "not everything goes back: $from" }
        Thread.sleep(1)
    }
}

private val PATIENCE = (System.getProperty("leasehold.patience") ?: "60").toLong() * 1_000_000_000

/** A verb of a pool, or of several. */
internal class PoolVerb(
    name: String,
    private val newPool: () -> MemoryPool,
    private val before: PoolVerb.(MemoryPool) -> Unit = {},
    private val verb: PoolVerb.(MemoryPool) -> Unit,
) : FaultyVerb(name) {
    private lateinit var pool: MemoryPool

    /** What is open, to be closed in the end. */
    val open = ArrayList<AutoCloseable>()

    /** Room for it, made before, so that it is not the test that fails. */
    var lease: AutoCloseable? = null

    override fun prepare() {
        pool = newPool()
        open.ensureCapacity(100)
        before(pool)
    }

    override fun run(): Unit = verb(pool)

    override fun settle() {
        lease?.close()
        lease = null
        open.forEach { it.close() }
        open.clear()
        val figures = pool.stats()
        check(figures.used == 0L && figures.waiters == 0) { "something is lost: $pool" }
        // The next verbs work.
        pool.rent(100).use { it.segment.setByte(0, 1) }
        pool.rentShared(100).use { it.withSegment { bytes -> bytes.setByte(0, 1) } }
        pool.rentShared(100, 30.seconds).close()
        pool.trim()
        pool.close()
        goesBack(pool) { pool.stats().reserved }
    }
}

/** A verb of a manager. */
internal class ManagerVerb(
    name: String,
    private val newManager: () -> MemoryManager = { SystemMemoryManager("faulty") },
    private val before: ManagerVerb.(MemoryManager) -> Unit = {},
    private val verb: ManagerVerb.(MemoryManager) -> Unit,
) : FaultyVerb(name) {
    private lateinit var manager: MemoryManager

    var block: Block? = null

    override fun prepare() {
        manager = newManager()
        before(manager)
    }

    override fun run(): Unit = verb(manager)

    override fun settle() {
        block?.let { while (!it.isClosed) it.close() }
        block = null
        val figures = manager.stats()
        check(figures.used == 0L && figures.blocks == 0L) { "something is lost: $manager" }
        manager.allocate(100).use { it.withSegment { bytes -> bytes.setByte(0, 1) } }
        manager.trim()
        manager.close()
        goesBack(manager) { manager.stats().reserved }
    }
}

/** All verbs, on all kinds. */
internal object FaultyVerbs {
    private val sizes = listOf(100L, 5_000L, 200.KiB, 3.MiB)

    private fun isolated() = MemoryPool.isolated("faulty")

    private fun traced() = MemoryPool.isolated("faulty") { traceSites = true }

    private fun tight() = MemoryPool.isolated("faulty") { limit = 1.MiB }

    private fun fixed() = MemoryPool.fixed("faulty", 4096, 80)

    private fun fixedAndCleaned() = MemoryPool.fixed("faulty", 4096, 80) { hygiene = Hygiene.POISON_ON_CLOSE }

    private fun cleaned() = MemoryPool.isolated("faulty") { hygiene = Hygiene.POISON_ON_CLOSE }

    private fun watched() = MemoryPool.isolated("faulty") {
        budget = MemoryBudget("watched", 64.MiB).also { it.onSoftLimit(1) { _, _ -> crossings++ } }
    }

    private var crossings = 0

    private fun keepsNothing() = MemoryPool.isolated("faulty") { idleBound = 0 }

    private val kinds = listOf<Pair<String, () -> MemoryPool>>(
        "an isolated pool" to ::isolated,
        "a pool that traces sites" to ::traced,
        "a pool with a limit" to ::tight,
        "a fixed pool" to ::fixed,
        "a fixed pool that cleans" to ::fixedAndCleaned,
        "a pool that cleans" to ::cleaned,
        "a pool that keeps nothing idle" to ::keepsNothing,
        "a pool below a soft limit" to ::watched,
    )

    private fun PoolVerb.hold(lease: AutoCloseable) {
        open.add(lease)
    }

    /** The verbs of every kind of pool, and those that need a kind of their own. */
    fun all(): List<FaultyVerb> = kinds.flatMap { (kind, new) -> ofKind(kind, new) } + ofPools() + ofManagers() +
        transfers("an isolated pool", ::isolated) + transfers("a pool that traces sites", ::traced)

    private fun ofKind(kind: String, new: () -> MemoryPool): List<FaultyVerb> {
        val fitting = when (kind) {
            "a fixed pool", "a fixed pool that cleans" -> listOf(100L, 4096L)
            "a pool with a limit" -> sizes.dropLast(1)
            else -> sizes
        }
        return fitting.flatMap { size -> ofSize("of $size bytes from $kind", size, new) } + listOf(
            PoolVerb("trim of $kind", new, { pool -> List(9) { pool.rent(3000) }.forEach { it.close() } }) {
                it.trim()
            },
            PoolVerb("stats of $kind", new, { it.rent(100).close() }) { it.stats() },
            PoolVerb("closes that fill a cache of $kind", new, { pool ->
                repeat(60) { hold(pool.rent(1000)) }
            }) {
                for (lease in open) lease.close()
            },
            PoolVerb("closes of kept views of $kind", new, { pool ->
                repeat(30) { hold(pool.rentShared(1000).also { it.keptSegment }) }
            }) { pool ->
                for (lease in open) lease.close()
                pool.trim()
            },
        )
    }

    private fun ofSize(what: String, size: Long, new: () -> MemoryPool): List<FaultyVerb> = listOf(
        PoolVerb("a lease $what", new) { pool ->
            lease = pool.rent(size)
            (lease as Lease).segment.setByte(0, 1)
            lease!!.close()
        },
        PoolVerb("a lease $what, from a cache", new, { pool -> repeat(3) { pool.rent(size).close() } }) { pool ->
            lease = pool.rent(size)
            lease!!.close()
        },
        PoolVerb("a shared lease $what", new) { pool ->
            lease = pool.rentShared(size)
            (lease as SharedLease).withSegment { it.setByte(0, 1) }
            lease!!.close()
        },
        PoolVerb("a kept view $what", new) { pool ->
            lease = pool.rentShared(size)
            (lease as SharedLease).keptSegment.setByte(0, 1)
            lease!!.close()
        },
    )

    private fun transfers(kind: String, new: () -> MemoryPool): List<FaultyVerb> = listOf(
        PoolVerb("a transfer of a shared lease from $kind", new, { pool -> lease = pool.rentShared(5000) }) {
            val next = (lease as SharedLease).transferTo(budget)
            lease = next
            next.close()
        },
        PoolVerb("a transfer of a lease from $kind", new, { pool -> lease = pool.rent(5000) }) {
            val next = (lease as Lease).transferTo(budget)
            lease = next
            next.close()
        },
    )

    private fun ofPools(): List<FaultyVerb> = listOf(
        PoolVerb("a refusal", ::tight, { pool -> hold(pool.rent(1.MiB)) }) { pool ->
            lease = pool.tryRent(64.KiB)
        },
        PoolVerb("a timeout", ::tight, { pool -> hold(pool.rentShared(1.MiB)) }) { pool ->
            try {
                lease = pool.rentShared(64.KiB, 1.milliseconds)
            } catch (late: MemoryException) {
                check(late.message!!.contains("came back within"))
            }
        },
        PoolVerb("a close that serves the line", ::tight, { pool ->
            lease = pool.rentShared(1.MiB)
            val waiter = Thread.ofPlatform().start { pool.rentShared(64.KiB, 60.seconds).close() }
            await("it waits") { pool.stats().waiters == 1 }
            hold { waiter.join() }
        }) {
            lease!!.close()
        },
        PoolVerb("the close of a pool", ::isolated, { pool -> repeat(5) { pool.rentShared(3000).close() } }) { pool ->
            pool.close()
        }.let { verb -> ClosingVerb(verb.name) },
    )

    private fun ofManagers(): List<FaultyVerb> = managers.flatMap { (kind, new) ->
        listOf(
            ManagerVerb("a block of $kind", new) { manager ->
                block = manager.allocate(5000)
                block!!.withSegment { it.setByte(0, 1) }
                block!!.close()
            },
            ManagerVerb("a block of $kind that grows", new, { block = it.allocate(5000) }) {
                block = block!!.resize(15_000)
            },
        )
    } + ofSizes()

    private val managers = listOf<Pair<String, () -> MemoryManager>>(
        "a manager that traces sites" to { SystemMemoryManager("faulty") { traceSites = true } },
        "a checked manager" to { SystemMemoryManager("faulty") { checked = true } },
    )

    private fun ofSizes(): List<FaultyVerb> = listOf(100L, 5_000L, 200.KiB, 3.MiB).flatMap { size ->
        listOf(
            ManagerVerb("a block of $size bytes") { manager ->
                block = manager.allocate(size)
                block!!.withSegment { it.setByte(0, 1) }
                block!!.close()
            },
            ManagerVerb("a retained block of $size bytes", before = { block = it.allocate(size) }) {
                block!!.retain()
                block!!.close()
                block!!.close()
            },
            ManagerVerb("the kept view of a block of $size bytes", before = { block = it.allocate(size) }) {
                block!!.keptSegment.setByte(0, 1)
                block!!.close()
            },
            ManagerVerb("a block of $size bytes that grows", before = { block = it.allocate(size) }) {
                block = block!!.resize(3 * size)
            },
            ManagerVerb("a block of $size bytes that shrinks", before = { block = it.allocate(size) }) {
                block = block!!.resize(size / 3)
            },
        )
    }

    /** What transfers go to. */
    private val budget by lazy { MemoryBudget("elsewhere", 64.MiB) }
}

/** The close of a pool that has idle memory. */
internal class ClosingVerb(name: String) : FaultyVerb(name) {
    private lateinit var pool: MemoryPool

    override fun prepare() {
        pool = MemoryPool.isolated("faulty")
        repeat(5) { pool.rentShared(3000).close() }
        pool.rentShared(100).use { it.keptSegment }
    }

    override fun run(): Unit = pool.close()

    override fun settle() {
        pool.close()
        goesBack(pool) { pool.stats().reserved }
    }
}
