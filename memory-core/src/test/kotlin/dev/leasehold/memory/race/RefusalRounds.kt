package dev.leasehold.memory.race

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.support.together
import dev.leasehold.memory.tryRentShared
import kotlin.random.Random

/**
 * A [pool] that is full with leases of [size] bytes, of which some threads close a few while others request some, and
 * are refused or not as it comes. When all have come to rest, exactly as many can be had as fill the pool again: the
 * refusal that came too early is not kept, and what came back is found wherever it lies.
 */
internal class RefusalRounds(private val pool: MemoryPool, private val size: Long, private val seed: Long) {
    private val open = ArrayDeque<SharedLease>()

    /** How many requests were refused while others closed. */
    var refused = 0
        private set

    /** Plays [rounds] with one thread that closes and [requesting] that request. */
    fun run(rounds: Int, requesting: Int = 2) {
        fill()
        val most = open.size
        val random = Random(seed)
        repeat(rounds) { round ->
            play(random.nextInt(1, MOST_CLOSED), requesting)
            fill()
            check(open.size == most) { "round $round: ${open.size} leases fill the pool, which has room for $most" }
        }
        open.forEach(SharedLease::close)
    }

    private fun fill() {
        while (true) open.addLast(pool.tryRentShared(size) ?: return)
    }

    private fun play(closed: Int, requesting: Int) {
        val closing = List(closed) { open.removeFirst() }
        val served = List(requesting) { ArrayList<SharedLease>() }
        val refusals = IntArray(requesting)
        together(1 + requesting) { worker ->
            if (worker == 0) return@together closing.forEach(SharedLease::close)
            repeat(closed + FURTHER) {
                val lease = pool.tryRentShared(size)
                if (lease != null) served[worker - 1].add(lease) else refusals[worker - 1]++
            }
        }
        served.forEach(open::addAll)
        refused += refusals.sum()
    }

    private companion object {
        const val MOST_CLOSED = 4

        /** How many requests each thread makes beyond those that could be served. */
        const val FURTHER = 3
    }
}
