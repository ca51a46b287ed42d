package dev.leasehold.memory.internal.budget

import java.util.concurrent.atomic.AtomicReference

/*
 * Bytes that one leaf holds and another budget pays for, from a transfer until the block ends.
 *
 *                 ┌─cancel─▶ over            (the target gives its room up)
 *   prepared ─────┤
 *                 └─commit─▶ moved ──end───▶ over   (the leaf has room: it pays again)
 *                              │     └─────▶ owed   (it has none: the target goes on paying)
 *                              └─ moved on ▶ over   (a later charge has taken its place)
 *
 * What is above both, the leaf and the target, holds the bytes all the time, once, and is never touched. Between
 * prepare and commit they are counted on both branches below that, because the move of a lease can still fail in
 * between, and neither way out may find its room gone.
 *
 * At the end the bytes go back to the leaf's branch, if that has room: memory may have been reserved there in the
 * meantime. If not, the target keeps them, and the leaf owes: the next bytes that the leaf gives back to the
 * system are taken from the target instead of from the leaf's branch. So no limit is passed, nothing is forgotten,
 * and the sum of all is at every moment what is held from the system.
 *
 * Bytes have no names: a leaf that owes holds some that it is not charged with, and cannot say which block they
 * are. So it may be charged with less than the block that is to be moved has. The rest is taken from those it owes to:
 * what they pay for is moved instead, and the leaf owes them less. Each of these sources has its own way up to where
 * it meets the target's, and only that is counted twice until the commit. What a source is to give is set aside at
 * once, so two transfers never count on the same bytes.
 */
internal class Charge private constructor(
    private val leaf: BudgetLeaf,
    /** The charge whose place this takes; null when the leaf itself is charged, or owes. */
    private val previous: Charge?,
    private val bytes: Long,
    private val payer: BudgetNode,
) {
    private enum class State { PREPARED, MOVED, OVER }

    /** What [node] gives up of what it pays: the leaf itself, the payer of the previous charge, or that of a [debt]. */
    private class Source(val node: BudgetNode, val bytes: Long, val debt: Debt?)

    private val state = AtomicReference(State.PREPARED)
    private val debt = Debt(payer)
    private var sources = NONE
    private var crossings = emptyList<Crossing>()

    // ---- alone ----

    private fun decide(): BudgetRefusal? {
        val wanted = if (previous != null) arrayOf(Source(previous.payer, bytes, null)) else findSources()
        var done = 0
        try {
            for (source in wanted) {
                val decision = payer.decide(source.bytes, until = source.node.commonWith(payer))
                if (decision.refusal != null) return decision.refusal
                done++
                crossings += decision.crossings
            }
            sources = wanted
        } finally {
            // Refused, or the heap is full.
            if (sources !== wanted) for (index in 0 until done) returnRoom(wanted[index])
        }
        payer.addOwn(bytes)
        for (source in wanted) if (source.node === leaf) leaf.setAside(source.bytes)
        for (source in wanted) if (source.debt != null) leaf.take(source.debt, source.bytes)
        return null
    }

    private fun findSources(): Array<Source> {
        val found = ArrayList<Source>()
        var left = bytes - minOf(bytes, leaf.free)
        found += Source(leaf, bytes - left, null)
        leaf.forEachDebt { owed ->
            val part = minOf(left, owed.bytes)
            if (part > 0) found += Source(owed.payer, part, owed)
            left -= part
        }
        check(left == 0L) { "'${leaf.name}' does not hold the $bytes bytes that are to be moved" }
        return found.toTypedArray()
    }

    private fun returnRoom(source: Source) = payer.subtract(source.bytes, until = source.node.commonWith(payer))

    private fun comeBack(common: BudgetNode) {
        payer.subtract(bytes, until = common)
        payer.addOwn(-bytes)
        leaf.addElsewhere(-bytes)
    }

    // ---- outside ----

    /** Gives the sources' bytes up: from here on the target pays. Notifies soft limits, so outside of every lock. */
    fun commit() {
        move()
        notifySoftLimits()
    }

    /** [commit] without notifying soft limits, which [notifySoftLimits] does later, outside of every lock. */
    fun move() {
        turn(State.PREPARED, State.MOVED)
        payer.gate.alone {
            for (source in sources) {
                source.node.subtract(source.bytes, until = source.node.commonWith(payer))
                if (source.node === leaf) leaf.moveElsewhere(source.bytes) else source.node.addOwn(-source.bytes)
            }
        }
        previous?.turn(State.MOVED, State.OVER)
        for (source in sources) source.node.tellRoom()
        sources = NONE
    }

    /** Notifies the soft limits that were crossed by what went before. */
    fun notifySoftLimits() {
        val crossed = crossings
        crossings = emptyList()
        Crossing.notifyAll(crossed)
    }

    /** Gives the target's bytes up: nothing was moved. */
    fun cancel() {
        turn(State.PREPARED, State.OVER)
        payer.gate.alone {
            for (source in sources) returnRoom(source)
            payer.addOwn(-bytes)
            // So that the debts stand in the order in which they stood.
            for (index in sources.size - 1 downTo 0) {
                val source = sources[index]
                if (source.node === leaf) leaf.setAside(-source.bytes)
                if (source.debt != null) leaf.owe(source.debt, source.bytes)
            }
        }
        payer.tellRoom()
    }

    /**
     * Charges the leaf again. Called once, before the block is given back, for from then on the leaf may give
     * its bytes to the system. Soft limits are notified, so outside of every lock.
     */
    fun end() {
        comeBack()
        notifySoftLimits()
    }

    /** [end] without notifying soft limits, which [notifySoftLimits] does later, outside of every lock. */
    fun comeBack() {
        turn(State.MOVED, State.OVER)
        val common = leaf.commonWith(payer)
        payer.gate.alone {
            var done = false
            try {
                val decision = leaf.decide(bytes, until = common)
                done = decision.refusal == null
                crossings = decision.crossings
            } finally {
                if (done) comeBack(common) else leaf.owe(debt, bytes)
            }
        }
        if (debt.bytes == 0L) payer.tellRoom()
    }

    /** The first half of moving this charge on to [to]; as [BudgetLeaf.prepare]. */
    fun prepareMove(to: BudgetNode): Charge? = prepare(leaf, this, bytes, to)

    private fun turn(from: State, to: State) {
        check(state.compareAndSet(from, to)) { "a charge of $bytes bytes is ${state.get()}, and not $from" }
    }

    companion object {
        private val NONE = emptyArray<Source>()

        fun prepare(leaf: BudgetLeaf, previous: Charge?, bytes: Long, to: BudgetNode): Charge? {
            // Made before anything changes: the heap may be full.
            val charge = Charge(leaf, previous, bytes, to)
            val refusal = to.gate.alone { charge.decide() } ?: return charge
            leaf.refusedTo(refusal)
            return null
        }
    }
}

/**
 * What [payer] pays for although the block has ended, because the leaf that held it had no room. Only touched alone.
 */
internal class Debt(val payer: BudgetNode) {
    var bytes: Long = 0

    /** The next of the same leaf's debts. */
    var next: Debt? = null
}
