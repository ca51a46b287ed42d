package dev.leasehold.memory.internal.block

import java.lang.foreign.MemorySegment
import java.lang.ref.WeakReference
import java.util.WeakHashMap

/**
 * Whose memory the views in an arena show, for the message of one that is used too late: the platform's error knows
 * only that the arena is closed. Any thread.
 *
 * Arenas of kept views are entered when they are opened, which costs little beside that; a lease's own arena only where
 * sites are traced.
 */
internal object Origins {
    /** The pool or manager, and the trace of the lease or block, if it has one and is still referred to. */
    class Origin(val owner: Owner, trace: Trace?) {
        // Weakly: a site leads to classes of the program, and those may lead to the view.
        private val reference = trace?.let(::WeakReference)

        val trace: Trace? get() = reference?.get()
    }

    private val origins = WeakHashMap<MemorySegment.Scope, Origin>()

    fun enter(scope: MemorySegment.Scope, owner: Owner, trace: Trace?) {
        synchronized(origins) { origins[scope] = Origin(owner, trace) }
    }

    fun of(scope: MemorySegment.Scope): Origin? = synchronized(origins) { origins[scope] }
}
