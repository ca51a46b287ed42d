package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.Attachment
import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.block.LostMemory
import dev.leasehold.memory.internal.budget.Charge
import dev.leasehold.memory.internal.cache.Bias
import dev.leasehold.memory.internal.cache.RefCount
import dev.leasehold.memory.internal.epoch.EpochView
import dev.leasehold.memory.internal.epoch.KeptView
import dev.leasehold.memory.internal.epoch.OwnView
import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.StackRoom
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.lang.invoke.MethodHandles
import java.lang.invoke.VarHandle

/*
 * One block that any thread may use: its count, its current holds, and at most one kept view.
 *
 * There are two ways to its bytes. A scope counts a hold, and has a view in a confined arena of its own that ends with
 * the hold; so when the last hold is gone no view reaches the bytes, and the memory goes straight back to where it came
 * from. The kept view is made at its first use, in an epoch or in an arena of its own, and its price is paid at the
 * last close: the memory waits until the epoch has retired, or the arena is closed first.
 *
 * Sixty-four bytes on the heap, so what only some blocks have is in the attachment.
 */

/** A lease for any thread, or a block. Public only because public classes extend it; the package is not exported. */
public abstract class HeldBlock internal constructor(
    bias: Bias?,
    generation: Int,
    @JvmField internal val source: HeldSource,
    start: Long,
    size: Long,
    kind: Int,
    attachment: Attachment?,
) : RefCount(bias, generation) {
    /** Where its first byte lies. Set again only before it is known to any other thread. */
    @JvmField internal var start: Long = start

    /** How many bytes it has. Changed by the one thread that resizes it. */
    @JvmField internal var length: Long = size

    // BlockKind, and whether a thread is resizing or transferring the block just now.
    @Volatile private var kind: Int = kind

    @Volatile private var view: KeptView? = null

    /** What only some blocks have. Set by the one thread that transfers it. */
    @JvmField internal var attachment: Attachment? = attachment

    /** Its size class, or another code of its [source]. */
    internal val code: Int get() = BlockKind.code(kind)

    /** The alignment that was requested. */
    internal val alignment: Long get() = BlockKind.alignment(kind and TURN.inv())

    /** How many bytes of memory it takes. */
    internal val blockBytes: Long get() = source.bytesOf(code)

    /** Whether no reference is left, or its manager has taken all blocks back. */
    internal val hasEnded: Boolean get() = isOver || source.state.cleared

    /** Throws that it was [verb] too late. */
    internal abstract fun refuseClosed(verb: String): Nothing

    /** Throws that it cannot be cut off now, because a native call or an input/output operation uses a view of it. */
    internal abstract fun refuseInUse(cause: IllegalStateException): Nothing

    /** Throws that another thread is resizing or transferring it. */
    internal abstract fun refuseBusy(): Nothing

    // ---- holds ----

    /** Begins a use that keeps the memory, whatever is closed, until [leave]. */
    internal fun enter() {
        if (source.state.cleared || !tryEnter()) refuseClosed("used")
    }

    /** [enter], or false when it is closed. */
    internal fun tryHold(): Boolean = !source.state.cleared && tryEnter()

    /** Ends what [enter] began. */
    internal fun leave() {
        val _ = freeingLast { leaveScope() }
    }

    // ---- the end ----

    /** Gives one reference back, of which there is one. */
    internal fun dispose() {
        val _ = freeingLast { releaseOne() }
    }

    /**
     * What [release] returns, which gives a hold back; after the last one the memory goes back, too. Where the stack
     * has no room for that call, there is a reference again, for another close. Inlined: as a call of its own it would
     * find no room either.
     */
    internal inline fun freeingLast(release: () -> Int): Int {
        val left = release()
        if (left == LAST) {
            try {
                free()
            } catch (full: StackOverflowError) {
                if (held == LAST_TAKEN) held = REFERENCE
                throw full
            }
        }
        return left
    }

    /**
     * [releaseReference] of a block that may have a view of its own: the last one cuts that off first, so that where it
     * cannot be cut off the block stays open, and no other close returns in between.
     */
    internal fun releaseOne(): Int {
        if (view is OwnView && tryLock(1, 0)) cutLocked()
        return releaseReference()
    }

    private fun cutLocked() {
        try {
            // Another close may have cut it off since, and be about to release.
            (view as? OwnView)?.cut()
            view = null
        } catch (inUse: IllegalStateException) {
            refuseInUse(inUse)
        } finally {
            unlock(1, 0)
        }
    }

    /**
     * Gives the memory back: for the caller that took the last hold. The count says so until nothing but the memory's own
     * way back can fail.
     */
    internal fun free() {
        val attachment = attachment
        // Read where every close comes by: what is rare is not inlined, and for a call on this, however small, the
        // compiler could keep no block in registers.
        val code = code
        if (attachment != null && view == null && attachment.isTraceAlone) return freeWatched(attachment, code)
        if (view != null || attachment != null) return freeWhole()
        val bias = bias
        // The owner's own cache, without a look for it.
        val near = if (bias != null && bias.isOwner(Thread.currentThread())) bias.source else null
        // Not before: a call that finds no stack fails as one that was not made.
        held = OVER
        try {
            if (near != null) near.giveBack(start, code, length) else source.giveBack(start, code, length)
        } catch (failure: VirtualMachineError) {
            // There was no room on the stack, and nothing has come back: another close can do it. Not by a call.
            held = REFERENCE
            throw failure
        }
    }

    @Suppress("NOTHING_TO_INLINE")
    private inline fun freeWatched(attachment: Attachment, code: Int) {
        held = OVER
        try {
            attachment.giveBack(source, start, code, length)
        } catch (failure: VirtualMachineError) {
            if (!attachment.isBack) held = REFERENCE
            throw failure
        }
    }

    private fun freeWhole() {
        StackRoom.require(if (attachment == null) CALLS_TO_FREE else CALLS_TO_END)
        held = OVER
        if (cutOwnView()) return freeCut()
        // It is closed, and a native call still uses a view that was taken while a scope used the block.
        Background.untilDone(this) { cutOwnView().also { if (it) freeCut() } }
    }

    private fun cutOwnView(): Boolean = try {
        (view as? OwnView)?.cut()
        true
    } catch (_: IllegalStateException) {
        false
    }

    private fun freeCut() {
        val attachment = attachment
        var failure: RuntimeException? = null
        try {
            if (attachment != null) {
                // Its message names this close.
                attachment.trace?.ended()
                // Also while all memory is being taken back: until then this block's still goes back to the store.
                if (attachment.charge != null) source.state.settle(attachment)
                if (!source.state.cleared) failure = attachment.freeing(start, length)
            }
        } finally {
            try {
                giveMemoryBack(attachment)
            } catch (failure: VirtualMachineError) {
                attachment?.trace?.reopened()
                held = REFERENCE
                throw failure
            }
            attachment?.ended()
        }
        // Last, so that the memory is not lost as well.
        if (failure != null) throw failure
    }

    private fun giveMemoryBack(attachment: Attachment?) {
        val from = start - (attachment?.front ?: 0)
        val bytes = attachment?.around(length) ?: length
        val shared = view as? EpochView
        if (shared != null) source.quarantine(shared, from, code, bytes) else source.giveBack(from, code, bytes)
    }

    // ---- views ----

    /** A view of the bytes that lives as long as [arena]. */
    internal fun viewIn(arena: Arena?): MemorySegment {
        val view = Platform.current.view(start, length, arena)
        return if (source.isReadOnly) view.asReadOnly() else view
    }

    /** The view that may be kept. */
    internal fun keptView(): MemorySegment {
        val seen = view
        if (seen != null && !hasEnded && seen.raw.byteSize() == length) return seen.raw
        return makeView()
    }

    private fun makeView(): MemorySegment {
        StackRoom.require(CALLS_TO_VIEW)
        // Held meanwhile, so that the last close sees the view.
        enter()
        try {
            while (true) {
                val seen = view
                if (seen != null && seen.raw.byteSize() == length) return seen.raw
                val fresh = seen?.resized(Platform.current, start, length)
                    ?: source.keptView(start, length, code, attachment?.trace?.takeIf { it.isWhole })
                if (replaceView(seen, fresh)) return shown(fresh)
                if (seen == null) fresh.cancel()
            }
        } catch (failure: IllegalStateException) {
            // All memory was taken back just now, and with it the arena that the view was to live in.
            if (source.state.cleared) refuseClosed("used")
            throw failure
        } finally {
            leave()
        }
    }

    /** Puts [next] in the place of [seen], if that is there. Open for a test that does not look. */
    internal open fun replaceView(seen: KeptView?, next: KeptView): Boolean = VIEW.compareAndSet(this, seen, next)

    private fun shown(fresh: KeptView): MemorySegment {
        attachment?.trace?.changeMemory { lostMemory() }
        // Its arena may have been opened after all of them were closed.
        if (source.state.cleared) source.state.arenas.closeAllSoon()
        return fresh.raw
    }

    /** What goes back when this is lost; null where that cannot be. */
    internal fun lostMemory(): LostMemory? {
        val attachment = attachment
        return source.lostBlock(start - (attachment?.front ?: 0), code, attachment?.around(length) ?: length, view)
    }

    /** Has the view of [other] from now on, of which this is the successor. */
    internal fun takeView(other: HeldBlock) {
        view = other.view
    }

    /** Whether there may be a view that was kept. */
    internal val hasView: Boolean get() = view != null

    /**
     * Cuts the kept view off, which has an arena of its own. For a caller that keeps all others out.
     *
     * @throws IllegalStateException while a native call or an input/output operation uses it; nothing has changed then
     */
    internal fun cutView() {
        val own = view as? OwnView ?: return
        own.cut()
        view = null
    }

    /** Whether [cutView] can cut it off, or there is none. */
    internal val canCutView: Boolean get() = view !is EpochView

    // ---- turns ----

    /** Lets the calling thread be the only one that resizes or transfers this, until [endTurn]; enters, too. */
    internal fun beginTurn(verb: String) {
        if (source.state.cleared || !tryEnter()) refuseClosed(verb)
        val seen = kind
        if (seen and TURN == 0 && KIND.compareAndSet(this, seen, seen or TURN)) return
        leave()
        refuseBusy()
    }

    /** Ends the turn, but not the hold that came with it. */
    internal fun endTurn() {
        kind = kind and TURN.inv()
    }

    /** It is of another size class from now on. For the thread whose turn it is. */
    internal fun setCode(code: Int) {
        kind = BlockKind.withCode(kind and TURN.inv(), code) or TURN
    }

    /** What a block of the same alignment is, where its code is another. */
    internal fun kindWith(code: Int): Int = BlockKind.withCode(kind and TURN.inv(), code)

    /** Moves what pays for it to the charge that [prepare] makes room for. For the thread whose turn it is. */
    internal fun charge(prepare: (before: Charge?) -> Charge) {
        val attached = attachment ?: Attachment()
        attachment = attached
        if (!source.state.transfer(attached, prepare)) refuseClosed("transferred")
    }

    private companion object {
        const val TURN = 1 shl 30

        // How deep it goes to make a kept view, to end one, and to end what has an attachment, which may serve others.
        // What goes to the store looks again. A third of what a kept view costs.
        const val CALLS_TO_VIEW = 32
        const val CALLS_TO_FREE = 64
        const val CALLS_TO_END = 64

        val VIEW: VarHandle = MethodHandles.lookup().findVarHandle(HeldBlock::class.java, "view", KeptView::class.java)
        val KIND: VarHandle =
            MethodHandles.lookup().findVarHandle(HeldBlock::class.java, "kind", Int::class.javaPrimitiveType)
    }
}
