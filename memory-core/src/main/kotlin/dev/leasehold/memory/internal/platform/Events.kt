package dev.leasehold.memory.internal.platform

/** Where the library says what happens, for whatever records it. */
internal object Events {
    /** Who hears of it: nobody, as long as nobody records. */
    @Volatile
    @JvmField
    var listener: MemoryEvents? = null

    /** Lets the [listener], if there is one, have an event. Costs a read if there is none, and never fails. */
    inline fun tell(event: (MemoryEvents) -> Unit) {
        val recorder = listener ?: return
        try {
            event(recorder)
        } catch (failure: Throwable) {
            failed(recorder, failure)
        }
    }

    /** [tell] of the beginning of something; what is returned is to be ended by [endWith]. */
    inline fun <T> begin(event: (MemoryEvents) -> Ending<T>): Ending<T>? {
        var ending: Ending<T>? = null
        tell { ending = event(it) }
        return ending
    }

    /** Stops [recorder], which has thrown [failure]: what it hears of goes on, and must not fail for it. */
    fun failed(recorder: MemoryEvents, failure: Throwable) {
        // A full heap or stack is soon over. What is lost then is one event.
        if (failure is VirtualMachineError) return
        if (listener === recorder) listener = null
        Log.tryError(failure) { "events of memory are not recorded any more" }
    }
}
