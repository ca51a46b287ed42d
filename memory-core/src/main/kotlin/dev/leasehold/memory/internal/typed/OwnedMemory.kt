package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MemoryHolder
import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.platform.Log
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.hex
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.lang.invoke.MethodHandles
import java.lang.invoke.VarHandle
import java.util.function.Consumer

/** Off-heap memory that one buffer, or several that count, own, and the two steps that end it. Any thread. */
internal abstract class OwnedMemory {
    /** The pool or manager that it is from; null for memory from elsewhere. */
    abstract val owner: Owner?

    /** Whether it is that of a mapped file. */
    abstract val isMapped: Boolean

    /** A view of all of it, which any thread may keep; null when it has been [cut] off. */
    abstract fun view(): MemorySegment?

    /**
     * The first step of the end: no view reaches the bytes any more, or none that was given out reaches another's.
     *
     * @throws MemoryBusyException while a native call or an input/output operation uses a view; nothing has changed
     */
    abstract fun cut()

    /** The second step, once: gives the memory back. Throws nothing. */
    abstract fun free()
}

/** A block or a lease, whose own close does both steps at once. */
internal class HeldMemory(private val holder: MemoryHolder, override val isMapped: Boolean) : OwnedMemory() {
    override val owner: Owner get() = holder.owner

    override fun view(): MemorySegment = holder.asKeptMemorySegment()

    override fun cut(): Unit = holder.close()

    override fun free(): Unit = Unit
}

/**
 * Memory from elsewhere, and the action that gives it back.
 *
 * Native memory without an arena, as a native library hands it out, gets an arena here, at the first view: the action
 * may hand the bytes to anyone, so no view may outlive it. Memory with an arena of its own keeps that: a view in
 * another arena would not notice when the first one is closed, and would then reach unmapped pages.
 */
internal class AdoptedMemory(private val foreign: MemorySegment, private val action: Consumer<MemorySegment>) :
    OwnedMemory() {
    private class Bound(val arena: Arena?, val raw: MemorySegment?)

    // Whether its scope never ends, so that a view's must.
    private val isEndless = Platform.current.bindsViews && foreign.scope() == Arena.global().scope()

    @Volatile private var bound: Bound? = if (isEndless) null else Bound(null, foreign)

    override val owner: Owner? get() = null
    override val isMapped: Boolean get() = foreign.isMapped

    override fun view(): MemorySegment? = (bound ?: bind()).raw

    private fun bind(): Bound {
        val arena = Arena.ofShared()
        try {
            val whole = Platform.current.view(foreign.address(), foreign.byteSize(), arena)
            val fresh = Bound(arena, if (foreign.isReadOnly) whole.asReadOnly() else whole)
            val seen = BOUND.compareAndExchange(this, null, fresh) as Bound? ?: return fresh
            arena.close()
            return seen
        } catch (failure: Throwable) {
            // The heap is full, or the like.
            if (arena.scope().isAlive) arena.close()
            throw failure
        }
    }

    override fun cut() {
        // With a view taken just now there is an arena to close.
        val seen = BOUND.compareAndExchange(this, null, CUT) as Bound? ?: return
        try {
            seen.arena?.close()
        } catch (inUse: IllegalStateException) {
            throw MemoryBusyException(
                "$this is in use by a native call or an input/output operation: close its buffer when that has ended",
                "adopted memory",
                foreign.byteSize(),
                inUse,
            )
        }
        bound = CUT
    }

    override fun free() {
        try {
            action.accept(foreign)
        } catch (failure: Throwable) {
            if (failure is InterruptedException) Thread.currentThread().interrupt()
            report(failure)
        }
    }

    private fun report(failure: Throwable) {
        try {
            Log.error("the release action of $this failed; it is not run again, and its memory may be lost", failure)
        } catch (_: Throwable) {
            // A log that fails leaves no place to say so.
            return
        }
    }

    /** The size and the place, for messages. */
    override fun toString(): String = "adopted memory of ${bytes(foreign.byteSize())} at ${hex(foreign.address())}"

    private companion object {
        val CUT = Bound(null, null)
        val BOUND: VarHandle =
            MethodHandles.lookup().findVarHandle(AdoptedMemory::class.java, "bound", Bound::class.java)
    }
}
