package dev.leasehold.memory.support

import java.util.concurrent.atomic.AtomicReference
import java.util.concurrent.locks.LockSupport
import kotlin.random.Random

/**
 * Runs parties so that one at a time makes a step, in an order that [random] decides: what can go wrong between two steps
 * goes wrong in some of the orders, on any machine. A party is a thread that calls [step] before each of its steps.
 *
 * In some runs each step is anybody's, in others a party makes many before another comes: most races need one that stands
 * still while another does all of its work.
 */
internal class Turns(private val random: Random) {
    private class Party(val action: () -> Unit) {
        lateinit var thread: Thread

        @Volatile var isOver = false
    }

    private val parties = ArrayList<Party>()
    private val failure = AtomicReference<Throwable>()

    private val stays = listOf(0.0, 0.8, 0.95, 0.99).random(random)

    @Volatile private var running: Party? = null

    /** How many steps were made. */
    var steps: Int = 0
        private set

    fun add(action: () -> Unit) {
        parties += Party(action)
    }

    /** Runs all parties to their ends; throws what one has thrown. */
    fun run() {
        for (party in parties) {
            party.thread = Thread.ofPlatform().daemon().start {
                awaitTurn(party)
                try {
                    party.action()
                } catch (thrown: Throwable) {
                    failure.compareAndSet(null, thrown)
                } finally {
                    party.isOver = true
                    next()
                }
            }
        }
        next()
        for (party in parties) party.thread.join()
        failure.get()?.let { throw it }
    }

    /** Lets another party, or the same again, make the next step. A thread that is no party passes. */
    fun step() {
        val me = parties.find { it.thread === Thread.currentThread() } ?: return
        steps++
        next()
        awaitTurn(me)
    }

    private fun next() {
        val before = running
        val stay = before != null && !before.isOver && random.nextDouble() < stays
        val chosen = if (stay) before else parties.filter { !it.isOver }.randomOrNull(random)
        running = chosen
        if (chosen != null) LockSupport.unpark(chosen.thread)
    }

    private fun awaitTurn(party: Party) {
        while (running !== party) LockSupport.park(this)
    }
}
