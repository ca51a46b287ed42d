package dev.leasehold.memory.internal.platform

import java.lang.ref.WeakReference
import java.util.concurrent.atomic.AtomicBoolean

/**
 * Runs [action] after each collection of garbage, from when something is [expected][expect] until it returns false. On
 * the cleaner's thread, which holds this only weakly. Any thread.
 */
internal class AtCollections(private val action: () -> Boolean) {
    private val isExpected = AtomicBoolean()

    // Held by this, as what is run holds it weakly.
    private val turn = Runnable { takeTurn() }
    private val loaderFree: Runnable by lazy { LoaderFree.ifThere(WeakReference(turn)) }

    /** Looks from now on. Costs a read when it does already. */
    fun expect() {
        if (isExpected.get() || !isExpected.compareAndSet(false, true)) return
        // Else the next that comes tries again.
        if (!Background.atNextCollection(loaderFree)) isExpected.set(false)
    }

    private fun takeTurn() {
        // What comes from here on is expected anew; what came before is found here.
        isExpected.set(false)
        try {
            if (action()) expect()
        } catch (_: LinkageError) {
            // The class loader of the library was closed before this was done for the first time, and is about to go.
            return
        } catch (failure: Throwable) {
            Log.tryError(failure) { "after a collection of garbage: looking for what was lost failed" }
            expect()
        }
    }
}
