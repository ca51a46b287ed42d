package dev.leasehold.memory.internal.block

import java.lang.foreign.Arena
import java.util.concurrent.ConcurrentHashMap

/** The shared arenas that views of one engine's memory live in: to be closed one by one, or all at once. Any thread. */
internal class Arenas {
    private val open: MutableSet<Arena> = ConcurrentHashMap.newKeySet()

    /** Opens one. */
    fun open(): Arena = Arena.ofShared().also { check(open.add(it)) }

    /**
     * Closes [arena], unless it is closed already.
     *
     * @throws IllegalStateException while a native call or an input/output operation uses a view in it; it stays open
     */
    fun close(arena: Arena) {
        if (!open.remove(arena)) return
        try {
            arena.close()
        } catch (busy: IllegalStateException) {
            open.add(arena)
            throw busy
        }
    }

    /** Closes all that can be closed now; false when one is still in use. */
    fun closeAll(): Boolean {
        for (arena in open) {
            try {
                close(arena)
            } catch (_: IllegalStateException) {
                // In use by a native call: it stays in the set, and the caller tries again.
                continue
            }
        }
        return open.isEmpty()
    }
}
