package dev.leasehold.memory.race

import dev.leasehold.memory.KiB
import dev.leasehold.memory.LeaseThreadException
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.failureOn
import dev.leasehold.memory.support.together
import dev.leasehold.memory.tryRent
import dev.leasehold.testing.await
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.atomic.AtomicReferenceArray
import kotlin.io.path.Path
import kotlin.io.path.readText
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds

/**
 * Everything that a service may do to its memory, in turns, for as many seconds as the first argument says: bursts,
 * rests, lowered limits, threads that come and go, closes that fail, a full heap, owners that are forgotten. In a
 * process of its own, whose heap is touched at the start and cannot grow. The second argument is the seed.
 */
object MixedLoad {
    private const val PAGE = 4096L
    private const val ALLOWANCE = 16L shl 20

    private val service = MemoryBudget("service", 256.MiB)
    private val orders = MemoryPool.isolated("orders") { budget = service }
    private val frames = MemoryPool.fixed("frames", 64.KiB, 256) { budget = service }
    private val images = SystemMemoryManager("images") { budget = service }
    private val turns = AtomicLong()

    @JvmStatic
    fun main(args: Array<String>) {
        val seconds = args[0].toLong()
        val random = Random(args[1].toLong())
        val phases = listOf<Pair<String, (Random) -> Unit>>(
            "burst" to ::burst,
            "lowered limits" to ::loweredLimits,
            "threads that come and go" to ::comeAndGo,
            "failing closes" to ::failingCloses,
            "a full heap" to ::fullHeap,
            "forgotten owners" to ::forget,
            "rest" to { Thread.sleep(3_000) },
        )
        // What is loaded, compiled and kept once is there before the first look.
        repeat(3) { for ((_, phase) in phases) phase(random) }
        atRest()
        val before = resident()
        var most = before
        val end = System.nanoTime() + seconds * 1_000_000_000
        while (System.nanoTime() < end) {
            val (name, phase) = phases[random.nextInt(phases.size)]
            phase(random)
            most = maxOf(most, resident())
            check(orders.stats().used == 0L && frames.stats().used == 0L && images.stats().used == 0L) {
                "something is lost in '$name': $service"
            }
        }
        atRest()
        val after = resident()
        println("${turns.get()} rents; resident ${before shr 10} KiB, at most ${most shr 10}, then ${after shr 10}")
        check(after - before <= ALLOWANCE) { "resident grew from $before to $after bytes" }
    }

    /** Nothing is reserved but the region of the fixed pool, and that is empty. */
    private fun atRest() {
        await("all idle memory goes back: $service, $orders, $images") { service.used == frames.stats().reserved }
        Thread.sleep(3_000)
        System.gc()
    }

    private fun burst(random: Random) {
        val seed = random.nextLong()
        val passed = ConcurrentLinkedQueue<SharedLease>()
        together(8, isVirtual = { it % 4 == 0 }) { worker ->
            val mine = Random(seed + worker)
            repeat(2_000) {
                turns.incrementAndGet()
                try {
                    orders.rent(size(mine)).use { it.segment.setByte(0, 1) }
                    frames.tryRent(64.KiB)?.use { it.segment.setByte(0, 1) }
                    images.allocate(size(mine)).use { block -> block.withSegment { it.setByte(0, 1) } }
                    passed +=
                        orders.rentShared(size(mine)).also { if (mine.nextBoolean()) it.keptSegment.setByte(0, 1) }
                } catch (_: MemoryException) {
                    Thread.yield()
                }
                if (mine.nextInt(3) > 0) passed.poll()?.close()
            }
        }
        passed.forEach { it.close() }
    }

    private fun size(random: Random): Long = 1 + (1L shl random.nextInt(4, 20)) * random.nextInt(1, 3)

    private fun loweredLimits(random: Random) {
        val held = List(64) { orders.rentShared(size(random)) }
        service.limit = frames.stats().reserved + 24.MiB
        check(
            service.used <= maxOf(
                service.limit,
                held.sumOf {
                    it.size
                } * 2 + 24.MiB,
            ),
        ) { "idle memory stays: $service" }
        burst(random)
        held.forEach { it.close() }
        try {
            orders.rentShared(48.MiB, 20.milliseconds).close()
        } catch (_: MemoryException) {
            turns.incrementAndGet()
        }
        service.limit = 256.MiB
    }

    private fun comeAndGo(random: Random) {
        val seed = random.nextLong()
        repeat(10) { round ->
            together(100, virtual = round % 3 == 0) { worker ->
                val mine = Random(seed + worker)
                repeat(20) { orders.rent(size(mine)).close() }
                images.allocate(size(mine)).close()
                turns.incrementAndGet()
            }
        }
    }

    private fun failingCloses(random: Random) {
        val broken = service.onSoftLimit(minOf(service.used + 4.MiB, service.limit)) { _, _ ->
            error("a listener that fails")
        }
        repeat(200) {
            val lease = orders.rent(size(random))
            check(failureOn("stranger") { lease.close() } is LeaseThreadException)
            lease.close()
            lease.close()
            val shared = orders.rentShared(size(random))
            shared.withSegment { shared.close() }
            turns.incrementAndGet()
        }
        broken.close()
    }

    private fun fullHeap(random: Random) {
        val isOver = AtomicBoolean()
        val seed = random.nextLong()
        val held = AtomicReferenceArray<AutoCloseable>(5)
        together(5) { worker ->
            if (worker == 0) return@together fill(isOver)
            val mine = Random(seed + worker)
            while (!isOver.get()) {
                untilThereIsHeap {
                    held[worker] = if (worker % 2 == 0) orders.rent(size(mine)) else images.allocate(size(mine))
                }
                turns.incrementAndGet()
                untilThereIsHeap { held[worker]?.close() }
                held[worker] = null
            }
        }
    }

    private inline fun untilThereIsHeap(action: () -> Unit) {
        while (true) {
            try {
                return action()
            } catch (_: OutOfMemoryError) {
                Thread.yield()
            } catch (_: MemoryException) {
                Thread.yield()
            }
        }
    }

    private fun fill(isOver: AtomicBoolean) {
        var bricks: ArrayList<ByteArray>? = ArrayList(1 shl 20)
        var size = 1 shl 20
        var refused = 0
        val end = System.nanoTime() + 2_000_000_000
        while (refused < 2_000 && System.nanoTime() < end) {
            try {
                bricks!!.add(ByteArray(size))
            } catch (_: OutOfMemoryError) {
                refused++
                size = maxOf(16, size / 2)
            }
        }
        bricks = null
        isOver.set(true)
    }

    private fun forget(random: Random) {
        repeat(3) {
            val pool = MemoryPool.isolated("forgotten") { budget = service }
            repeat(20) { pool.rentShared(size(random)).close() }
        }
        System.gc()
    }

    private fun resident(): Long = Path("/proc/self/statm").readText().split(' ')[1].toLong() * PAGE
}
