package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.platform.AtCollections
import java.lang.ref.PhantomReference
import java.lang.ref.ReferenceQueue

/**
 * Finds the traces of what became garbage: looked for after each collection, while anything is watched.
 *
 * Each has a phantom reference of its own; what looks for those in the queue is one action for all. A cleaner's action
 * for each would cost ten times the rest of a trace, because it must not refer to this library's classes.
 */
internal object LostTraces {
    private class Sign(referent: Any, queue: ReferenceQueue<Any>, val trace: Trace) :
        PhantomReference<Any>(referent, queue)

    private val queue = ReferenceQueue<Any>()
    private val collections = AtCollections(::look)

    /** Has [Trace.lostIfOpen] called when [sign] is garbage, unless what is returned was cleared. */
    fun watch(sign: Any, trace: Trace): PhantomReference<Any> = Sign(sign, queue, trace)

    /** Something is watched: looks after the next collection. */
    fun expect(): Unit = collections.expect()

    /** Whether it has to look again. */
    private fun look(): Boolean {
        while (true) {
            val found = queue.poll() ?: return Traces.areAny
            (found as Sign).trace.lostIfOpen()
        }
    }
}
