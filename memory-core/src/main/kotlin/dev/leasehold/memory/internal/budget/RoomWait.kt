package dev.leasehold.memory.internal.budget

import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.Log
import java.util.concurrent.atomic.AtomicInteger

/**
 * The lines of requests that wait because one budget, [node], has no room.
 *
 * What would make room is memory of other pools and managers below that budget, which tell nobody when something comes
 * back to a cache of theirs. So as long as a line waits they [lend][BudgetMember.lend]: what is closed there goes to
 * the system at once, the budget gets room, and the lines are served, in the background. There is no timer, and
 * however many requests wait, the work is one for each return. Any thread.
 */
internal class RoomWait(private val node: BudgetNode) {
    private val lines = AtomicInteger()

    // Only on the background thread.
    private var areLending = false

    /** A line waits here from now on, until [end]. */
    fun begin() {
        lines.incrementAndGet()
        look()
    }

    /** One line waits here no longer. */
    fun end() {
        // The last one ends the lending.
        if (lines.decrementAndGet() == 0) look()
    }

    /** The node has got room, or a member. Costs a read where nobody waits. Never fails. */
    fun roomCame() {
        if (lines.get() > 0) look()
    }

    private fun look() {
        try {
            Background.untilDone(this, ::lookNow)
        } catch (failure: VirtualMachineError) {
            // This is the end of a close, which must not fail. The next one that comes back looks again.
            Log.tryError(failure) { "requests that wait for room in '${node.path}' could not be served yet" }
        }
    }

    private fun lookNow(): Boolean {
        val isWanted = lines.get() > 0
        if (isWanted || areLending) node.members.forEachBelow { it.lend(isWanted) }
        areLending = isWanted
        if (isWanted) node.members.forEachBelow(BudgetMember::roomCame)
        return true
    }
}
