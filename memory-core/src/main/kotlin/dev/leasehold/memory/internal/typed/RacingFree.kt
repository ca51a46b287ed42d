package dev.leasehold.memory.internal.typed

/**
 * Runs [action] on memory that another thread may free meanwhile, where that is no mistake of the caller's, and
 * [freed] if that cut it off.
 *
 * HotSpot stops a thread in the middle of such an access by an exception, and with that sets the thread's interrupt
 * status, as if somebody had interrupted it (`install_async_exception`; of the accesses that meet a close it is some in
 * a hundred thousand). Nobody has, so the status is put back to what it was. An interrupt that came during [action] is
 * lost with it if, and only if, [action] was cut off.
 */
internal inline fun <R> racingFree(action: () -> R, freed: (cut: IllegalStateException) -> R): R {
    val wasInterrupted = Thread.currentThread().isInterrupted
    return try {
        action()
    } catch (cut: IllegalStateException) {
        if (!wasInterrupted) Thread.interrupted()
        freed(cut)
    }
}
