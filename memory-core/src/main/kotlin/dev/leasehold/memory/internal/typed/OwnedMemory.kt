package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.HostAccessException
import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MemoryHolder
import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.platform.Log
import dev.leasehold.memory.internal.platform.PageHome
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.hex
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.lang.invoke.MethodHandles
import java.lang.invoke.VarHandle
import java.util.concurrent.atomic.AtomicInteger
import java.util.function.Consumer

/** Off-heap memory that one buffer, or several that count, own, and the two steps that end it. Any thread. */
internal abstract class OwnedMemory {
    /** The pool or manager that it is from; null for memory from elsewhere. */
    abstract val owner: Owner?

    /** Where it lies. */
    abstract val home: PageHome

    /** The address of its first byte, for the holder of a [hold][tryHold]; a device's address where it lies there. */
    abstract val address: Long

    /** How many bytes it has. */
    abstract val size: Long

    /** Whether it must not be written to. */
    abstract val isReadOnly: Boolean

    /** The memory itself where a [hold][tryHold] does not keep it, because its own arena may be closed; else null. */
    open val ownArena: MemorySegment? get() = null

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

    /** Keeps the memory, whatever is closed, until [leave]; false when it has been [cut] off or freed. */
    abstract fun tryHold(): Boolean

    /** Ends what [tryHold] began. */
    abstract fun leave()
}

/** A block or a lease, whose own close does both steps at once. */
internal class HeldMemory(private val holder: MemoryHolder, override val home: PageHome) : OwnedMemory() {
    override val owner: Owner get() = holder.owner
    override val address: Long get() = holder.address
    override val size: Long get() = holder.size
    override val isReadOnly: Boolean get() = holder.source.isReadOnly

    override fun view(): MemorySegment {
        if (!home.isHostReadable) throw notOnHost()
        return holder.asKeptMemorySegment()
    }

    private fun notOnHost() = HostAccessException(
        "${bytes(holder.size)} from ${holder.owner} lie on device ${home.device}, and the host cannot read them " +
            "there: copy them by toHost(), or by copyTo() into a buffer of the host's memory",
        holder.owner.name,
        holder.size,
    )

    override fun cut(): Unit = holder.close()

    override fun free(): Unit = Unit

    override fun tryHold(): Boolean = holder.tryHold()

    override fun leave(): Unit = holder.leave()
}

/**
 * Memory from elsewhere, and the action that gives it back.
 *
 * Native memory without an arena, as a native library hands it out, gets an arena here, at the first view: the action
 * may hand the bytes to anyone, so no view may outlive it. Memory with an arena of its own keeps that: a view in
 * another arena would not notice when the first one is closed, and would then reach unmapped pages.
 */
internal open class AdoptedMemory(private val foreign: MemorySegment, private val action: Consumer<MemorySegment>) :
    OwnedMemory() {
    private class Bound(val arena: Arena?, val raw: MemorySegment?)

    // Whether its scope never ends, so that a view's must.
    private val isEndless = Platform.current.bindsViews && foreign.scope() == Arena.global().scope()

    @Volatile private var bound: Bound? = if (isEndless) null else Bound(null, foreign)

    /** How many transfers use the memory; [CUT_OFF] when there will be none any more. */
    protected val holds: AtomicInteger = AtomicInteger()

    override val owner: Owner? get() = null
    override val home: PageHome get() = if (foreign.isMapped) PageHome.FILE else PageHome.PROCESS
    override val address: Long get() = foreign.address()
    override val size: Long get() = foreign.byteSize()
    override val isReadOnly: Boolean get() = foreign.isReadOnly
    override val ownArena: MemorySegment? get() = if (isEndless) null else foreign

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

    override fun tryHold(): Boolean {
        while (true) {
            val seen = holds.get()
            if (seen == CUT_OFF) return false
            if (holds.compareAndSet(seen, seen + 1)) return true
        }
    }

    override fun leave() {
        val _ = holds.decrementAndGet()
    }

    override fun cut() {
        if (!refuseHolds()) throw busy(null)
        try {
            // With a view taken just now there is an arena to close.
            val seen = BOUND.compareAndExchange(this, null, CUT) as Bound? ?: return
            seen.arena?.close()
        } catch (inUse: IllegalStateException) {
            holds.set(0)
            throw busy(inUse)
        }
        bound = CUT
    }

    /** Lets nobody begin a hold any more; false, and nothing changed, while there is one. Open for a test. */
    protected open fun refuseHolds(): Boolean = holds.compareAndSet(0, CUT_OFF)

    private fun busy(cause: IllegalStateException?) = MemoryBusyException(
        "$this is in use by a native call, a transfer or an input/output operation: close its buffer when that has " +
            "ended",
        "adopted memory",
        foreign.byteSize(),
        cause,
    )

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

    protected companion object {
        private val CUT = Bound(null, null)
        const val CUT_OFF: Int = -1
        private val BOUND: VarHandle =
            MethodHandles.lookup().findVarHandle(AdoptedMemory::class.java, "bound", Bound::class.java)
    }
}
