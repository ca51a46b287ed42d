package dev.leasehold.memory.internal.platform

// The system may refuse to take memory back: Linux does when to cut a mapping would make one mapping too many. That
// happens on the path of a close, which has ended its lease by then and must neither fail nor lose the block. So the
// pages go at least, which is what costs, and the addresses wait; where the system takes not even those, the memory
// stays idle, is counted, and is offered again later. The refusal goes to the log, though not each of thousands.

private const val STAYS = "idle memory stays reserved for now: "
private const val HOLLOW = "idle memory has gone back, but its addresses stay for now: "

/** Gives a whole mapping back. Returns false, and logs the reason, when the system refuses. */
internal fun Platform.tryUnmap(address: Long, bytes: Long): Boolean =
    refusalOf { unmap(address, bytes) }.also { log(STAYS, it) } == null

/** Offers pages to the system. Returns false, and logs the reason, when the system refuses. */
internal fun Platform.tryDiscard(address: Long, bytes: Long): Boolean =
    refusalOf { discard(address, bytes) }.also { log(STAYS, it) } == null

/**
 * Gives a whole mapping back, or, where the system refuses that or there are very many mappings, its pages, and leaves
 * the addresses to [Hollows]. Returns false, and logs the reason, when the system takes neither.
 */
internal fun Platform.giveUp(address: Long, bytes: Long): Boolean {
    if (!discards) return tryUnmap(address, bytes)
    val hollows = Hollows.of(this)
    if (mappingCount >= manyMappings && refusalOf { discard(address, bytes) } == null) {
        hollows.add(address, bytes)
        return true
    }
    val refusal = refusalOf { unmap(address, bytes) }
    if (refusal == null) {
        hollows.unmapSome(this)
        return true
    }
    if (!tryDiscard(address, bytes)) return false
    hollows.add(address, bytes)
    log(HOLLOW, refusal)
    return true
}

private inline fun refusalOf(action: () -> Unit): IllegalStateException? = try {
    action()
    null
} catch (refused: IllegalStateException) {
    refused
}

// Inlined, so that a record names what was refused.
@Suppress("NOTHING_TO_INLINE")
private inline fun Platform.log(what: String, refusal: IllegalStateException?) {
    try {
        if (refusal != null && Hollows.of(this).mayWarn()) Log.warn(what + refusal.message)
    } catch (_: OutOfMemoryError) {
        // It happens at the end of a close, which must not fail for that.
        return
    }
}
