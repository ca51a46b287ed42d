package dev.leasehold.memory.internal.budget

import dev.leasehold.memory.internal.platform.Log

/** A figure, and whom to tell when a node's used bytes rise to it. */
internal class SoftLimit(private val threshold: Long, private val listener: (owner: Any, used: Long) -> Unit) {
    fun isCrossed(before: Long, after: Long): Boolean = threshold in before + 1..after

    fun tell(owner: Any, used: Long): Unit = listener(owner, used)
}

/** That [node] rose to [soft], and the thread whose request it was. */
internal class Crossing(private val soft: SoftLimit, private val node: BudgetNode, private val used: Long) {
    /**
     * Tells the listener. What it throws goes to the log and no further: the request that crossed has its memory
     * already, and whoever made it knows nothing of the listener. Outside of every lock.
     */
    fun tell() {
        // Nobody can draw on a budget that has been forgotten, so a crossing that finds it so has just ended.
        val owner = node.facade ?: return
        try {
            soft.tell(owner, used)
        } catch (failure: Throwable) {
            Log.error("the listener of a soft limit of '${node.path}' failed", failure)
        }
    }

    companion object {
        fun tellAll(crossings: List<Crossing>): Unit = crossings.forEach(Crossing::tell)
    }
}
