package dev.leasehold.memory.internal.budget

import dev.leasehold.memory.internal.platform.Log

/** A threshold of a node's used bytes, and what is called when they rise to it. */
internal class SoftLimit(private val threshold: Long, private val listener: (used: Long) -> Unit) {
    fun isCrossed(before: Long, after: Long): Boolean = threshold in before + 1..after

    fun notify(used: Long): Unit = listener(used)
}

/** The rise of [node] to [soft]. */
internal class Crossing(private val soft: SoftLimit, private val node: BudgetNode, private val used: Long) {
    /**
     * Calls the listener. What it throws goes to the log and no further: the request that crossed has its memory
     * already, and its caller knows nothing of the listener. Outside of every lock.
     */
    fun notifyListener() {
        try {
            soft.notify(used)
        } catch (failure: Throwable) {
            Log.tryError(failure) { "the listener of a soft limit of '${node.path}' failed" }
        }
    }

    companion object {
        fun notifyAll(crossings: List<Crossing>) {
            // Without an iterator: what crossed is done, and must not fail for want of heap.
            for (index in 0 until crossings.size) crossings[index].notifyListener()
        }
    }
}
