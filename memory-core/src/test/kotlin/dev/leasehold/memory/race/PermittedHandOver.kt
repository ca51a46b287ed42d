package dev.leasehold.memory.race

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.together
import dev.leasehold.memory.tryRentShared
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_LONG
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.Semaphore
import java.util.concurrent.atomic.AtomicLong
import kotlin.random.Random

/**
 * Leases that threads hand over to each other, out of a [pool] that has room for [pages]: as many as there are permits
 * here. A thread rents with permits for every page that the lease could take alone, and gives them back after its
 * close. So whenever one rents there is room, if not free then idle somewhere: a refusal is a fault.
 *
 * It goes in waves, so that again and again what became idle in caches and the depot is needed elsewhere.
 *
 * In every lease stands its own number from end to end, and no byte is held twice.
 */
internal class PermittedHandOver(
    private val pool: MemoryPool,
    private val seed: Long,
    private val pages: Int = (pool.limit / PAGE).toInt(),
) {
    private class Loan(val lease: SharedLease, val id: Long, val pages: Int)

    private val permits = Semaphore(pages)
    private val table = OwnershipTable()
    private val handed = ConcurrentLinkedQueue<Loan>()
    private val ids = AtomicLong()

    @Volatile
    private var failed = false

    /** Lets [threads] make [rounds] each. */
    fun run(threads: Int, rounds: Int) {
        together(threads) { worker ->
            try {
                work(Random(seed + worker), rounds)
            } catch (failure: Throwable) {
                failed = true
                throw failure
            }
        }
        generateSequence(handed::poll).forEach(::end)
        check(table.held == 0) { "${table.held} blocks have not ended" }
        check(permits.availablePermits() == pages)
    }

    private fun work(random: Random, rounds: Int) {
        val mine = ArrayDeque<Loan>()
        repeat(rounds) { round ->
            if (failed) return
            val size = SIZES[random.nextInt(SIZES.size)]
            val needed = pagesOf(size)
            if (permits.tryAcquire(needed)) {
                val loan = begin(size, needed, random)
                if (random.nextBoolean()) handed.add(loan) else mine.addLast(loan)
            } else {
                endOne(mine)
            }
            if (round % WAVE > WAVE / 2) repeat(2) { endOne(mine) }
        }
        mine.forEach(::end)
    }

    private fun endOne(mine: ArrayDeque<Loan>) = (handed.poll() ?: mine.removeFirstOrNull())?.let(::end)

    private fun begin(size: Long, needed: Int, random: Random): Loan {
        val lease = rent(size, random)
        val id = ids.incrementAndGet()
        lease.withSegment { segment ->
            val bytes = segment.asMemorySegment()
            table.took(bytes)
            for (at in marks(bytes)) bytes.set(JAVA_LONG, at, id)
        }
        return Loan(lease, id, needed)
    }

    private fun rent(size: Long, random: Random): SharedLease = try {
        if (random.nextBoolean()) {
            pool.rentShared(size)
        } else {
            pool.tryRentShared(size) ?: throw AssertionError("$size bytes $REFUSED: ${pool.stats()}")
        }
    } catch (refusal: MemoryExhaustedException) {
        throw AssertionError("$size bytes $REFUSED", refusal)
    }

    private fun end(loan: Loan) {
        loan.lease.withSegment { segment ->
            val bytes = segment.asMemorySegment()
            for (at in marks(bytes)) {
                val found = bytes.get(JAVA_LONG, at)
                if (found != loan.id) throw AssertionError("lease ${loan.id} holds $found at $at")
            }
            table.gives(bytes)
        }
        loan.lease.close()
        permits.release(loan.pages)
    }

    private fun marks(bytes: MemorySegment) = 0 until bytes.byteSize() step maxOf(8, bytes.byteSize() / MARKS)

    // A block that shares its page with none that is in use keeps the whole page from others.
    private fun pagesOf(size: Long) = maxOf(1, size / PAGE).toInt()

    companion object {
        /** What a failure says of a request that was refused. */
        const val REFUSED = "were refused, and there was room for them"

        private const val PAGE = 4096L
        private const val MARKS = 16
        private const val WAVE = 64
        private val SIZES = longArrayOf(64, 64, 1.KiB, 1.KiB, 4.KiB, 16.KiB, 64.KiB, 128.KiB)
    }
}
