package dev.leasehold.memory.fault

import dev.leasehold.memory.Block
import dev.leasehold.memory.Hygiene
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import kotlin.random.Random

/**
 * Rents and closes ever deeper in the stack, until that is full, again and again; what was in hand then is closed where
 * there is room. The first argument is for how many seconds, the second the seed.
 */
object DeepRents {
    private const val DEEPEST = 1 shl 20
    private const val NANOS = 1_000_000_000L
    private const val LARGEST = 4_000

    private class Dive(private val rent: (Random) -> AutoCloseable, private val random: Random) {
        private val held = arrayOfNulls<AutoCloseable>(DEEPEST)
        private var deepest = 0

        /** Returns how deep it went. */
        fun run(): Int {
            deepest = 0
            try {
                go(0)
            } catch (_: VirtualMachineError) {
                // Also where the platform makes another error of it, in a walk of the stack.
                return end()
            }
            error("the stack has no end")
        }

        private fun go(depth: Int): Long {
            deepest = depth
            val taken = rent(random)
            held[depth] = taken
            if (taken is SharedLease && random.nextInt(8) == 0) taken.keptSegment.setByte(0, 1)
            // Half of them end on the way, so that closes meet the end of the stack, too.
            if (random.nextBoolean()) close(depth)
            return go(depth + 1) + 1
        }

        private fun end(): Int {
            for (depth in 0..deepest) close(depth)
            return deepest
        }

        // A block refuses a second close.
        private fun close(depth: Int) {
            val taken = held[depth]
            if (taken !is Block || !taken.isClosed) taken?.close()
            held[depth] = null
        }
    }

    @JvmStatic
    fun main(args: Array<String>) {
        val random = Random(args[1].toLong())
        val pools = listOf(
            MemoryPool.isolated("deep"),
            MemoryPool.isolated("deep and traced") { traceSites = true },
            MemoryPool.isolated("deep and clean") { hygiene = Hygiene.POISON_ON_CLOSE },
            MemoryPool.fixed("deep and fixed", 4.KiB, 100_000),
        )
        val manager = SystemMemoryManager("deep")
        val rents = pools.flatMap { pool ->
            listOf<(Random) -> AutoCloseable>({ pool.rent(size(it)) }, { pool.rentShared(size(it)) })
        } + listOf<(Random) -> AutoCloseable>({ manager.allocate(size(it)) })
        val end = System.nanoTime() + args[0].toLong() * NANOS
        var dives = 0
        var deepest = 0
        do {
            for (rent in rents) {
                val thread = Thread(null, {
                    deepest = maxOf(deepest, Dive(rent, random).run())
                }, "diver", (128L + random.nextInt(256)).KiB)
                thread.start()
                thread.join()
                dives++
            }
        } while (System.nanoTime() < end)
        var lost = manager.stats().used
        manager.allocate(100).close()
        for (pool in pools) {
            lost += pool.stats().used
            pool.rent(100).close()
            pool.trim()
            pool.rentShared(4_000).close()
            close(pool)
        }
        close(manager)
        println("$dives dives, $deepest deep at most, $lost bytes lost")
        check(lost == 0L) { "a block is lost" }
    }

    private fun close(memory: AutoCloseable) {
        try {
            memory.close()
        } catch (lost: MemoryException) {
            println(lost.message)
        }
    }

    private fun size(random: Random): Long = 1L + random.nextInt(LARGEST)
}
