package dev.leasehold.memory.race

import dev.leasehold.memory.support.Held
import dev.leasehold.memory.support.Lender
import dev.leasehold.memory.support.together
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.ConcurrentSkipListMap
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import kotlin.random.Random

/** The bytes that are held. Two holders of one byte are found whichever of them comes first. */
internal class OwnershipTable {
    private val ends = ConcurrentSkipListMap<Long, Long>()

    fun took(view: MemorySegment) {
        val from = view.address()
        val to = from + view.byteSize()
        if (ends.putIfAbsent(from, to) != null) throw AssertionError("the block at $from is held by two leases")
        val below = ends.lowerEntry(from)
        if (below != null && below.value > from) throw AssertionError("the blocks at ${below.key} and $from overlap")
        val above = ends.higherKey(from)
        if (above != null && above < to) throw AssertionError("the blocks at $from and $above overlap")
    }

    fun gives(view: MemorySegment) {
        ends.remove(view.address()) ?: throw AssertionError("the block at ${view.address()} was not held")
    }

    val held: Int get() = ends.size
}

/**
 * Random rents, closes, hand-overs to other threads and interruptions by [meanwhile], with a number written into both
 * ends of every lease and looked for when it ends.
 */
internal class Accounting(
    private val owned: Lender,
    private val shared: Lender,
    private val seed: Long,
    private val meanwhile: (Random) -> Unit = {},
) {
    private class Loan(val held: Held, val id: Long)

    private val table = OwnershipTable()
    private val handed = ConcurrentLinkedQueue<Loan>()
    private val handedCount = AtomicInteger()
    private val ids = AtomicLong()

    /** How many leases were served and refused. */
    val served = AtomicLong()
    val refused = AtomicLong()

    fun run(threads: Int, rounds: Int, virtual: Boolean) {
        together(threads, virtual) { worker -> work(Random(seed + worker), rounds) }
        generateSequence(handed::poll).forEach(::end)
        if (table.held != 0) throw AssertionError("${table.held} blocks have not ended")
    }

    private fun work(random: Random, rounds: Int) {
        val mine = ArrayDeque<Loan>()
        repeat(rounds) {
            when (random.nextInt(100)) {
                in 0..44 -> begin(owned, random)?.let(mine::addLast)
                in 45..59 -> begin(shared, random)?.let(::hand)
                in 60..74 -> handed.poll()?.let { loan -> end(loan, handedCount) }
                99 -> if (random.nextInt(200) == 0) meanwhile(random)
                else -> end(mine)
            }
            if (mine.size > MOST_OPEN) end(mine)
            while (handedCount.get() > MOST_HANDED) end(handed.poll() ?: break, handedCount)
        }
        while (mine.isNotEmpty()) end(mine)
    }

    private fun hand(loan: Loan) {
        handedCount.incrementAndGet()
        handed.add(loan)
    }

    private fun begin(lender: Lender, random: Random): Loan? {
        val size = if (random.nextInt(500) == 0) 400_000 else random.nextLong(8, 5000)
        val held = lender.lend(size)
        if (held == null) {
            refused.incrementAndGet()
            return null
        }
        served.incrementAndGet()
        table.took(held.view)
        val id = ids.incrementAndGet()
        held.view.set(JAVA_LONG_UNALIGNED, 0, id)
        held.view.set(JAVA_LONG_UNALIGNED, held.view.byteSize() - 8, id.inv())
        if (held.view.byteSize() < 16) held.view.set(JAVA_LONG_UNALIGNED, 0, id)
        return Loan(held, id)
    }

    private fun end(mine: ArrayDeque<Loan>) {
        if (mine.isNotEmpty()) end(if (mine.size % 2 == 0) mine.removeFirst() else mine.removeLast())
    }

    private fun end(loan: Loan, count: AtomicInteger) {
        count.decrementAndGet()
        end(loan)
    }

    private fun end(loan: Loan) {
        val view = loan.held.view
        val first = view.get(JAVA_LONG_UNALIGNED, 0)
        if (first != loan.id) throw AssertionError("lease ${loan.id} begins with $first")
        val last = view.get(JAVA_LONG_UNALIGNED, view.byteSize() - 8)
        if (view.byteSize() >= 16 && last != loan.id.inv()) throw AssertionError("lease ${loan.id} ends with $last")
        table.gives(view)
        loan.held.end()
    }

    private companion object {
        const val MOST_OPEN = 24
        const val MOST_HANDED = 64
    }
}
