package dev.leasehold.memory.internal.slab

import dev.leasehold.memory.internal.budget.BudgetNode
import dev.leasehold.memory.internal.budget.BudgetRefusal
import dev.leasehold.memory.internal.budget.Crossing
import java.util.concurrent.atomic.AtomicReference

/*
 * Bytes that one account holds and another budget pays for, from a transfer until the block ends.
 *
 *                 ┌─cancel─▶ over            (the target gives its room up)
 *   prepared ─────┤
 *                 └─commit─▶ moved ──end───▶ over   (the account has room: it pays again)
 *                              │     └─────▶ owed   (it has none: the target goes on paying)
 *                              └─ moved on ▶ over   (a later charge has taken its place)
 *
 * What is above both, the account and the target, holds the bytes all the time, once, and is never touched. Between
 * prepare and commit they are counted on both branches below that, because whoever moves a lease can still fail in
 * between, and neither of the ways out may find its room gone.
 *
 * At the end the bytes go back to the account's branch, if that has room: memory may have been reserved there in the
 * meantime. If not, the target keeps them, and the account owes: the next bytes that the account gives back to the system
 * are taken from the target instead of from the account's branch. So no limit is passed, nothing is forgotten, and
 * the sum of all is at every moment what is held from the system.
 */
internal class Charge private constructor(
    private val account: Account,
    /** The charge whose place this takes; null when the account itself was charged. */
    private val previous: Charge?,
    private val bytes: Long,
    private val payer: BudgetNode,
) {
    private enum class State { PREPARED, MOVED, OVER }

    private var crossings = emptyList<Crossing>()
    private val state = AtomicReference(State.PREPARED)

    /** The next debt of the same account. */
    var next: Charge? = null

    /** How many bytes the payer still pays for although the block has ended. */
    var owed: Long = 0
        private set

    private val from: BudgetNode get() = previous?.payer ?: account

    private fun decide(): BudgetRefusal? = payer.gate.alone {
        val decision = payer.decide(bytes, until = from.commonWith(payer))
        if (decision.refusal == null) payer.addOwn(bytes)
        crossings = decision.crossings
        decision.refusal
    }

    /** Gives the source's bytes up: from here on the target pays. Soft limits are told, so outside of every lock. */
    fun commit() {
        turn(State.PREPARED, State.MOVED)
        payer.gate.together {
            from.subtract(bytes, until = from.commonWith(payer))
            if (previous == null) account.addElsewhere(bytes) else previous.payer.addOwn(-bytes)
        }
        previous?.turn(State.MOVED, State.OVER)
        Crossing.tellAll(crossings)
        crossings = emptyList()
    }

    /** Gives the target's bytes up: nothing was moved. */
    fun cancel() {
        turn(State.PREPARED, State.OVER)
        payer.gate.together {
            payer.subtract(bytes, until = from.commonWith(payer))
            payer.addOwn(-bytes)
        }
    }

    /**
     * Charges the account again. Called once, before the block is given back, for from then on the account may give
     * its bytes to the system. Soft limits are told, so outside of every lock.
     */
    fun end() {
        turn(State.MOVED, State.OVER)
        val common = account.commonWith(payer)
        payer.gate.alone {
            var done = false
            try {
                val decision = account.decide(bytes, until = common)
                done = decision.refusal == null
                crossings = decision.crossings
            } finally {
                if (done) comeBack(common) else remain()
            }
        }
        Crossing.tellAll(crossings)
    }

    private fun comeBack(common: BudgetNode) {
        payer.subtract(bytes, until = common)
        payer.addOwn(-bytes)
        account.addElsewhere(-bytes)
    }

    private fun remain() {
        owed = bytes
        account.owe(this)
    }

    /** Takes up to [most] bytes of what is [owed] from the payer, for whoever is alone; answers how many. */
    fun pay(most: Long): Long {
        val paid = minOf(most, owed)
        payer.subtract(paid, until = null)
        payer.addOwn(-paid)
        owed -= paid
        return paid
    }

    /** The first half of moving this charge on to [to]; as [Account.prepare]. */
    fun prepareMove(to: BudgetNode): Charge? = prepare(account, this, bytes, to)

    private fun turn(from: State, to: State) {
        check(state.compareAndSet(from, to)) { "a charge of $bytes bytes is ${state.get()}, and not $from" }
    }

    companion object {
        fun prepare(account: Account, previous: Charge?, bytes: Long, to: BudgetNode): Charge? {
            // Made before anything changes: the heap may be full.
            val charge = Charge(account, previous, bytes, to)
            val refusal = charge.decide() ?: return charge
            account.refusedTo(refusal)
            return null
        }
    }
}
