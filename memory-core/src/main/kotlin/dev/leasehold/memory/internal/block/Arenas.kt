package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.platform.Background
import java.lang.foreign.Arena
import java.util.concurrent.ConcurrentHashMap

/** The shared arenas of one engine's kept views, to be closed one by one, or all at once. Any thread. */
internal class Arenas(val owner: Owner) {
    private val open: MutableSet<Arena> = ConcurrentHashMap.newKeySet()

    /** Opens one, whose views are those of the block of [trace], if that is not null. */
    fun open(trace: Trace? = null): Arena {
        val arena = Arena.ofShared()
        Origins.enter(arena.scope(), owner, trace)
        check(open.add(arena))
        return arena
    }

    /**
     * Closes [arena], unless it is closed already.
     *
     * @throws IllegalStateException while a native call or an input/output operation uses a view in it; it stays open
     */
    fun close(arena: Arena) {
        if (!open.remove(arena)) return
        try {
            arena.close()
        } catch (inUse: IllegalStateException) {
            open.add(arena)
            throw inUse
        }
    }

    /** Closes all: those that a native call uses now, when that is over. */
    fun closeAllSoon() {
        if (!closeAll()) Background.untilDone(this, ::closeAll)
    }

    /** Closes all that can be closed now; false when one is still in use. */
    fun closeAll(): Boolean {
        // A copy: one that stays open is put in again, and might be met again, without an end.
        for (arena in open.toList()) {
            try {
                close(arena)
            } catch (_: IllegalStateException) {
                // A native call uses a view in it: it stays in the set, and the caller tries again.
                continue
            }
        }
        return open.isEmpty()
    }
}
