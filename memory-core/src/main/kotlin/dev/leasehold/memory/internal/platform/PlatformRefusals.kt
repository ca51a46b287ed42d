package dev.leasehold.memory.internal.platform

// The system may refuse to take memory back: Linux does when cutting a mapping would make one mapping too many. That
// happens on the
// path of a close, which has ended its lease by then and must neither fail nor lose the block. So the memory stays
// idle, is
// counted, and is offered again later; what was refused goes to the log.

private val LOGGER: System.Logger = System.getLogger("dev.leasehold.memory")

/** Gives a whole mapping back; answers false, and says so in the log, when the system refuses. */
internal fun Platform.tryUnmap(address: Long, bytes: Long): Boolean = attempted { unmap(address, bytes) }

/** Offers pages to the system; answers false, and says so in the log, when the system refuses. */
internal fun Platform.tryDiscard(address: Long, bytes: Long): Boolean = attempted { discard(address, bytes) }

private inline fun attempted(action: () -> Unit): Boolean = try {
    action()
    true
} catch (refused: IllegalStateException) {
    LOGGER.log(System.Logger.Level.WARNING, "idle memory stays reserved for now: ${refused.message}")
    false
}
