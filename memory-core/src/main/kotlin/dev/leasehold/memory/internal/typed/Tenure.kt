package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.platform.PageHome
import dev.leasehold.memory.internal.platform.awaitWhile
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.counted
import java.lang.foreign.MemorySegment
import java.lang.invoke.MethodHandles
import java.lang.invoke.VarHandle
import java.util.concurrent.atomic.AtomicInteger

/**
 * Whether a buffer owns its memory, and if not what became of it, in words.
 *
 * @property event what has happened, as it follows "after"
 * @property remedy what to use instead
 */
internal enum class Phase(val event: String, val remedy: String) {
    OWNED("", ""),

    /** One thread is changing it. That takes a few instructions, or the end of the views. */
    CHANGING("", ""),
    CLOSED("it had been closed", "use a buffer only until it is closed"),
    MOVED("its memory had been moved", "use the buffer that has it now"),
    SHARED("share() had been called", "use the SharedBuffer that it returned"),
    RELEASED("release() had been called", "the ReleasedBuffer that it returned has the memory"),
    FREED("it had been freed", "use a released buffer only until then"),
    ADOPTED("a buffer had adopted it", "use that buffer"),
    ;

    val isOver: Boolean get() = this > CHANGING
}

/**
 * The memory of one buffer, and the word that says whose turn it is to change that. Memory passes from tenure to tenure
 * and is in one of them at a time, so of racing closes, moves and releases one has it.
 *
 * Open for a test that takes no turns.
 *
 * @param holders of whom this is one, where several buffers count
 */
internal open class Tenure<T>(type: T, count: Long = 0, memory: OwnedMemory? = null, val holders: Holders? = null) {
    /** What the elements are, or were. */
    @Volatile var type: T = type
        private set

    /** How many there are, or were. */
    @Volatile var count: Long = count
        private set

    /** The memory; null when it is elsewhere or gone. */
    @Volatile var memory: OwnedMemory? = memory
        private set

    /** Where the memory lies, or lay. */
    var home: PageHome = memory?.home ?: PageHome.PROCESS
        private set

    private var owner: Owner? = memory?.owner

    @Volatile private var phase: Phase = if (memory == null) Phase.CLOSED else Phase.OWNED

    /** Whether it has no memory any more. */
    val isOver: Boolean get() = phase.isOver

    /** A view of all of the memory, which any thread may keep; null when it is elsewhere or gone. */
    fun view(): MemorySegment? {
        while (true) {
            val seen = memory?.view()
            if (seen != null) return seen
            if (ended.isOver) return null
        }
    }

    /** The memory, which stays until it is [left][OwnedMemory.leave]; null when it is elsewhere or gone. */
    fun hold(): OwnedMemory? {
        while (true) {
            val seen = memory
            if (seen != null && seen.tryHold()) return seen
            if (ended.isOver) return null
        }
    }

    /** What became of it, once that is certain. */
    val ended: Phase
        get() {
            awaitWhile { phase == Phase.CHANGING }
            return phase
        }

    /** Lets the caller alone change this until it sets the phase; returns the phase before. */
    private fun begin(): Phase {
        while (true) {
            val seen = phase
            if (seen == Phase.CHANGING) {
                awaitWhile { phase == Phase.CHANGING }
            } else if (claim(seen)) {
                return seen
            }
        }
    }

    /** Takes the turn if the phase is still [seen]. */
    protected open fun claim(seen: Phase): Boolean = PHASE.compareAndSet(this, seen, Phase.CHANGING)

    /** [begin], or false where nothing is owned. */
    private fun beginOwned(): Boolean {
        while (true) {
            val seen = phase
            when {
                seen.isOver -> return false
                seen == Phase.CHANGING -> awaitWhile { phase == Phase.CHANGING }
                claim(seen) -> return true
            }
        }
    }

    private fun fill(type: T, count: Long, memory: OwnedMemory) {
        this.type = type
        this.count = count
        this.memory = memory
        home = memory.home
        owner = memory.owner
        phase = Phase.OWNED
    }

    private fun drop(after: Phase) {
        memory = null
        phase = after
    }

    /** Passes the memory to [next], which nobody else knows yet; false, and nothing changed, when there is none. */
    fun passTo(next: Tenure<T>, after: Phase): Boolean {
        if (!beginOwned()) return false
        next.fill(type, count, memory!!)
        drop(after)
        return true
    }

    /** [passTo] if this is its only holder; null when it is not, and nothing has changed. */
    fun passAloneTo(next: Tenure<T>, after: Phase): Boolean? {
        if (!beginOwned()) return false
        if (!holders!!.leaveAlone()) {
            phase = Phase.OWNED
            return null
        }
        next.fill(type, count, memory!!)
        drop(after)
        return true
    }

    /**
     * Ends the tenure, and the memory if nobody else holds it; false when it was over.
     *
     * @throws MemoryBusyException while a native call or an input/output operation uses a view; nothing has changed
     */
    fun end(after: Phase): Boolean {
        if (!beginOwned()) return false
        val ended = memory!!
        if (holders != null && !holders.leave()) {
            drop(after)
            return true
        }
        try {
            ended.cut()
        } catch (busy: MemoryBusyException) {
            holders?.comeBack()
            phase = Phase.OWNED
            throw busy
        } catch (failure: Throwable) {
            drop(after)
            ended.free()
            throw failure
        }
        drop(after)
        // The action is the user's: not within the turn.
        ended.free()
        return true
    }

    /** Exchanges all with [other]; the one of the two that owns nothing is returned, and then nothing has changed. */
    fun swap(other: Tenure<T>): Tenure<T>? {
        if (this === other) return takeIf { ended.isOver }
        val (mine, others) = beginBoth(other)
        if (mine != Phase.OWNED || others != Phase.OWNED) {
            phase = mine
            other.phase = others
            return if (mine.isOver) this else other
        }
        val (type, count, memory) = Triple(type, count, memory!!)
        fill(other.type, other.count, other.memory!!)
        other.fill(type, count, memory)
        return null
    }

    /**
     * Ends what this has, if anything, and takes what [from] has; false, and nothing changed, when that has nothing.
     *
     * @throws MemoryBusyException while a native call or an input/output operation uses a view; nothing has changed
     */
    fun replaceBy(from: Tenure<T>): Boolean {
        if (this === from) return !ended.isOver
        val (mine, offered) = beginBoth(from)
        if (offered != Phase.OWNED) {
            phase = mine
            from.phase = offered
            return false
        }
        val former = memory
        try {
            former?.cut()
        } catch (busy: MemoryBusyException) {
            phase = mine
            from.phase = offered
            throw busy
        } catch (failure: Throwable) {
            // It has ended nevertheless, and what was to take its place stays where it is.
            from.phase = offered
            drop(Phase.CLOSED)
            former?.free()
            throw failure
        }
        fill(from.type, from.count, from.memory!!)
        from.drop(Phase.MOVED)
        former?.free()
        return true
    }

    /** Takes both turns, and returns both phases. Waits for no turn while it has one: so no two wait for each other. */
    private fun beginBoth(other: Tenure<T>): Pair<Phase, Phase> {
        while (true) {
            val mine = begin()
            val others = other.phase
            if (others != Phase.CHANGING && other.claim(others)) return mine to others
            phase = mine
            awaitWhile { other.phase == Phase.CHANGING }
        }
    }

    /** What messages call it. */
    fun describe(kind: String, byteSize: Long): String =
        "$kind of ${counted(count, "element")} (${bytes(byteSize)}) from ${owner ?: "adopted memory"}"

    private companion object {
        val PHASE: VarHandle = MethodHandles.lookup().findVarHandle(Tenure::class.java, "phase", Phase::class.java)
    }
}

/** How many buffers hold the same memory. Once there is none, there will be none. Open for a test that miscounts. */
internal open class Holders {
    private val counted = AtomicInteger(1)

    val count: Int get() = counted.get()

    /** One more; false when there is none. */
    fun join(): Boolean {
        while (true) {
            val seen = counted.get()
            if (seen == 0) return false
            if (replace(seen, Math.incrementExact(seen))) return true
        }
    }

    /** One less; true for the last. */
    fun leave(): Boolean {
        while (true) {
            val seen = counted.get()
            if (replace(seen, seen - 1)) return seen == 1
        }
    }

    /** One less if that is the only one; otherwise false, and nothing changed. */
    fun leaveAlone(): Boolean = counted.get() == 1 && replace(1, 0)

    /** Undoes what the last has done, which cannot end yet. */
    fun comeBack(): Unit = counted.set(1)

    /** Puts [next] in the place of [seen], if that is there. Open for a test that does not look. */
    protected open fun replace(seen: Int, next: Int): Boolean = counted.compareAndSet(seen, next)
}
