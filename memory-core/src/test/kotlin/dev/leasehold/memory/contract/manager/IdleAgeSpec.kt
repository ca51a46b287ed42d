package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.Block
import dev.leasehold.memory.KiB
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.support.together
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import java.util.concurrent.ArrayBlockingQueue
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.TimeUnit.SECONDS
import java.util.concurrent.atomic.AtomicLong

/** What is idle goes back when it has been so for a while, and never because of one close. */
class IdleAgeSpec : FunSpec({
    /** The system, with a list of the threads that gave something back to it, and of those that took something. */
    class Watched : Platform by Platform.current {
        val takers = ConcurrentLinkedQueue<Thread>()
        val givers = ConcurrentLinkedQueue<Thread>()
        val given = AtomicLong()

        override fun map(bytes: Long): Long {
            takers += Thread.currentThread()
            return Platform.current.map(bytes)
        }

        override fun unmap(address: Long, bytes: Long) {
            givers += Thread.currentThread()
            given.addAndGet(bytes)
            Platform.current.unmap(address, bytes)
        }

        override fun discard(address: Long, bytes: Long) {
            givers += Thread.currentThread()
            given.addAndGet(bytes)
            Platform.current.discard(address, bytes)
        }
    }

    fun manager(platform: Platform, configure: ManagerOptions.() -> Unit = {}) =
        SystemMemoryManager.make("aged", ManagerOptions().apply(configure), platform)

    for (size in listOf(64.KiB, 1.MiB, 2.MiB)) {
        test("a producer and a consumer of blocks of ${size / 1024} KiB settle into no call of the system") {
            val system = Watched()
            manager(system).use { manager ->
                val ring = ArrayBlockingQueue<Block>(RING)
                // All of the memory there once, the bound's too: how full ring and caches are later is a matter of luck.
                List(RING + 2 + (BOUND / size).toInt()) { manager.allocate(size) }.forEach(Block::close)
                val takesBefore = system.takers.size
                val end = System.nanoTime() + SECONDS.toNanos(Effort.seconds(3))
                together(2) { me ->
                    if (me == 0) {
                        while (System.nanoTime() < end) {
                            val block = manager.allocate(size)
                            block.withSegment { it.setLong(0, 1) }
                            ring.put(block)
                        }
                        ring.put(manager.allocate(0))
                    } else {
                        while (true) {
                            val block = ring.take()
                            val isLast = block.size == 0L
                            block.close()
                            if (isLast) break
                            // As much is out as ever, again and again, as on a machine that runs the two by turns.
                            if (ring.isEmpty()) while (ring.size < RING && System.nanoTime() < end) Thread.onSpinWait()
                        }
                    }
                }
                system.takers.size - takesBefore shouldBe 0
                // What was never needed may age away, in the background, and no more than there was.
                system.givers.count { it.name != "leasehold-background" } shouldBe 0
                system.given.get() shouldBeLessThanOrEqualTo BOUND + (RING + 2) * size
            }
        }
    }

    test("what lies idle above the bound goes back within seconds, and not on the thread that closed it") {
        val system = Watched()
        manager(system) { idleBound = 4.MiB }.use { manager ->
            val blocks = List(32) { manager.allocate(1.MiB) } + List(4) { manager.allocate(3.MiB) } +
                List(4000) { manager.allocate(4000) }
            blocks.forEach { block -> block.withSegment { it.setByte(0, 1) } }
            blocks.forEach(Block::close)
            system.givers.size shouldBe 0
            manager.stats().idle shouldBeGreaterThan 40.MiB
            // The bound, and what the cache of this thread holds of the three sizes.
            await("it goes back") { manager.stats().idle <= 4.MiB + 3.MiB }
            system.givers.size shouldBeGreaterThan 0
            system.givers.count { it === Thread.currentThread() } shouldBe 0
        }
    }

    test("what a thread that has ended left in its cache goes back likewise") {
        manager(Watched()) { idleBound = 64.KiB }.use { manager ->
            onThread { SIZES.forEach { size -> List(8) { manager.allocate(size) }.forEach(Block::close) } }
            await("it goes back") { manager.stats().idle <= 64.KiB }
        }
    }

    test("with a bound of zero it goes back at once") {
        manager(Watched()) { idleBound = 0 }.use { manager ->
            List(8) { manager.allocate(2.MiB) }.forEach(Block::close)
            manager.stats().idle shouldBe 0
        }
    }

    test("a limit does not wait for that") {
        manager(Watched()) { limit = 8.MiB }.use { manager ->
            List(8) { manager.allocate(1.MiB) }.forEach(Block::close)
            manager.allocate(8.MiB).close()
        }
    }
}) {
    private companion object {
        const val RING = 64

        /** What a manager keeps. */
        val BOUND = 2.MiB
        val SIZES = listOf(64L, 1024L, 16_384L, 65_536L)
    }
}
