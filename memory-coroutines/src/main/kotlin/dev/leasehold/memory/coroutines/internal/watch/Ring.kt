package dev.leasehold.memory.coroutines.internal.watch

import dev.leasehold.memory.coroutines.internal.line.ByteLine
import dev.leasehold.memory.coroutines.internal.line.LineWaiter
import dev.leasehold.memory.coroutines.internal.own.LeaseLedger
import java.util.Collections
import java.util.IdentityHashMap

/**
 * Coroutines that wait for one another: none of them goes on before [blocking] bytes are granted, and their scopes hold
 * too many for that.
 *
 * @property members how many coroutines wait in it
 * @property held how many bytes their scopes hold
 * @property blocking how many bytes the first of them requests
 */
internal class Ring private constructor(val members: Int, val held: Long, val blocking: Long) {
    /** What the scopes of several waiters hold together, each scope counted once. */
    private class Holders(private val line: ByteLine) {
        private val ledgers: MutableSet<LeaseLedger> = Collections.newSetFromMap(IdentityHashMap())
        var held = 0L
            private set

        /** Adds the scopes of [waiter]; whether they hold anything. */
        fun add(waiter: LineWaiter): Boolean {
            val chain = (waiter as? ScopedWaiter)?.chain ?: return false
            for (ledger in chain.ledgers) if (ledgers.add(ledger)) held += ledger.heldOf(line)
            return chain.held() > 0
        }
    }

    companion object {
        /** The ring that the scopes of [waiter] close, if there is one in which it came last: see [StallWatch]. */
        fun closedBy(waiter: LineWaiter, line: ByteLine): Ring? {
            val ahead = line.waitingBefore(waiter)
            val all = Holders(line)
            val others = Holders(line)
            if (!all.add(waiter)) return null
            var members = 1
            for (at in ahead.asReversed()) {
                val _ = all.add(at)
                val holds = others.add(at)
                val room = line.capacity - at.bytes
                if (all.held > room && others.held <= room) {
                    return Ring(members + 1, all.held, at.bytes)
                }
                if (holds) members++
            }
            return null
        }
    }
}
