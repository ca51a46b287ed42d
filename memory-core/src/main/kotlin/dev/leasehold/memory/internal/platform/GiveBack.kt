package dev.leasehold.memory.internal.platform

// The system may refuse to take memory back: Linux does when to cut a mapping would make one mapping too many. That
// happens on the path of a close, which has ended its lease by then and must neither fail nor lose the block. So the
// memory stays idle, is counted, and is offered again later. The refusal goes to the log.

/** Gives a whole mapping back. Returns false, and logs the reason, when the system refuses. */
internal fun Platform.tryUnmap(address: Long, bytes: Long): Boolean = attempted { unmap(address, bytes) }

/** Offers pages to the system. Returns false, and logs the reason, when the system refuses. */
internal fun Platform.tryDiscard(address: Long, bytes: Long): Boolean = attempted { discard(address, bytes) }

private inline fun attempted(action: () -> Unit): Boolean = try {
    action()
    true
} catch (refused: IllegalStateException) {
    Log.warn("idle memory stays reserved for now: ${refused.message}")
    false
}
