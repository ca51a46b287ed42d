package dev.leasehold.memory.race

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.together
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.atomic.AtomicInteger
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes

/**
 * Threads that wait for memory of a [pool] with room for a few leases, and hand each over to one that closes it. None
 * waits while it has memory, so every wait has an end: one that takes longer than [patience] is a fault.
 */
internal class WaitingHandOver(
    private val pool: MemoryPool,
    private val seed: Long,
    private val patience: Duration = 10.minutes,
) {
    private val handed = LinkedBlockingQueue<SharedLease>()
    private val taking = AtomicInteger()

    /** Lets [takers] take [rounds] leases each. */
    fun run(takers: Int, rounds: Int) {
        taking.set(takers)
        together(takers + 1) { worker ->
            if (worker == takers) return@together close()
            try {
                take(Random(seed + worker), rounds)
            } finally {
                taking.decrementAndGet()
            }
        }
        check(handed.isEmpty()) { "${handed.size} leases have not ended" }
    }

    private fun take(random: Random, rounds: Int) = repeat(rounds) {
        val size = SIZES[random.nextInt(SIZES.size)]
        try {
            handed.put(pool.rentShared(size, patience))
        } catch (timeout: RentTimeoutException) {
            throw AssertionError("$size bytes $DID_NOT_COME", timeout)
        }
    }

    private fun close() {
        // The last look begins when all has been taken.
        do {
            val last = taking.get() == 0
            generateSequence(handed::poll).forEach(SharedLease::close)
            Thread.yield()
        } while (!last)
    }

    companion object {
        /** What a failure says of a wait that was in vain. */
        const val DID_NOT_COME = "did not come, and nobody had any"
        private val SIZES = longArrayOf(1.KiB, 1.KiB, 64.KiB)
    }
}
