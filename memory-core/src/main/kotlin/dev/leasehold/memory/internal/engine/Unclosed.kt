package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.OwnerMessages
import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.Events
import dev.leasehold.memory.internal.platform.Log

/**
 * Closes the [engine] of a pool or manager that became garbage and was not closed, and says so. Does not refer to the
 * holder. Any thread.
 *
 * @property engine what is to be closed; null when the holder has been
 */
internal class Unclosed(@Volatile var engine: Engine?) {
    /** Begins to watch [holder], whose engine it is. */
    fun watch(holder: Any): Unit = Background.whenGarbage(holder, ::close)

    private fun close() {
        val left = engine ?: return
        engine = null
        if (left.state.closed) return
        val tally = left.close()
        if (tally.openLeases > 0) {
            Events.tell { it.closedInUse(left.state.owner.name, tally.openLeases, tally.usedBytes) }
        }
        Log.warn(OwnerMessages.unclosed(left.state.owner, tally.openLeases, tally.usedBytes))
    }
}
