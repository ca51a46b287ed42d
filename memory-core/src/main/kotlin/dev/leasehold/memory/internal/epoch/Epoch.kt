package dev.leasehold.memory.internal.epoch

import java.lang.foreign.Arena
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.atomic.AtomicReference

/*
 * Kept views without a shared arena each.
 *
 * Closing a shared arena is a handshake with every thread, tens of microseconds. So the views of many blocks live in
 * one arena, their epoch. A block that is closed refuses by its own count at once; its memory goes into quarantine,
 * where it is not reused, because a view may have been kept. When an epoch takes no more views and all of its blocks
 * are closed, it retires: the arena is closed, every kept view throws from then on, and the memory in quarantine is
 * free again.
 *
 *   open ──seal──▶ sealed ──last block closed──▶ complete ──arena closed──▶ retired
 *
 * Whether an epoch is complete is one number, the balance: views that have entered less views that have left. The sign
 * bit is the seal. The thread that brings a sealed balance to zero, and it is exactly one, hands the epoch on to be
 * retired. A closed block is pushed onto the epoch's stack before it leaves the balance, so all of them are there when
 * the epoch is complete.
 */
internal open class Epoch(
    @JvmField val arena: Arena?,
    @JvmField val bytes: Long,
    blocks: Int,
    private val completed: (Epoch) -> Unit,
) {
    protected val balance = AtomicLong()
    private val bytesLeft = AtomicLong(bytes)
    private val blocksLeft = AtomicInteger(blocks)
    private val closed = AtomicReference<EpochView?>()

    /** When it was opened, by [System.nanoTime]. */
    @JvmField val opened: Long = System.nanoTime()

    /** A figure that changes whenever a view enters or leaves, about. */
    val activity: Long get() = (blocksLeft.get().toLong() shl Int.SIZE_BITS) + balance.get()

    /** Takes the view of a block of [bytes] in, unless the epoch is full or sealed. */
    fun tryEnter(bytes: Long): Boolean {
        if (bytesLeft.addAndGet(-bytes) < 0 || blocksLeft.decrementAndGet() < 0) return false
        while (true) {
            val seen = balance.get()
            if (seen < 0) return false
            if (balance.compareAndSet(seen, seen + 1)) return true
        }
    }

    /** Lets one view leave: that of a closed block, which waits here from now on, or one that no caller has seen. */
    fun leave(view: EpochView?) {
        if (view != null) push(view)
        settle()
    }

    private fun push(view: EpochView) {
        while (true) {
            val top = closed.get()
            view.next = top
            if (closed.compareAndSet(top, view)) return
        }
    }

    /** Ends one view's part in the balance. Open for a test that leaves a step out. */
    protected open fun settle() {
        if (balance.decrementAndGet() == SEALED) completed(this)
    }

    /** Takes no more views. Called once. */
    open fun seal() {
        if (balance.addAndGet(SEALED) == SEALED) completed(this)
    }

    /** The blocks that waited, linked by [EpochView.next]. Called once, after the arena was closed. */
    fun takeClosed(): EpochView? = closed.getAndSet(null)

    private companion object {
        const val SEALED = Long.MIN_VALUE
    }
}
