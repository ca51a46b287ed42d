package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.budget.RoomWait

/**
 * What an engine's line waits for besides the engine's own memory: room in a budget above, where one has refused the
 * first in line. Under the lock of the line.
 */
internal class WaitReason(private val leaf: BudgetLeaf) {
    private var waitsAt: RoomWait? = null

    /** The request of [thread], the first in line, could not be served. */
    fun refused(thread: Thread) {
        val node = leaf.refusalOf(thread)?.node
        become(if (node == null || node === leaf) null else node.roomWait)
    }

    /** Nobody is in line. */
    fun emptied(): Unit = become(null)

    private fun become(next: RoomWait?) {
        val before = waitsAt
        if (next === before) return
        waitsAt = next
        next?.begin()
        before?.end()
    }
}
