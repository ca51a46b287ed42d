@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.access.AccessFailures.hex
import dev.leasehold.memory.internal.budget.Charge
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LeaseKeeper
import dev.leasehold.memory.internal.spi.LeaseOwner

/** Where a thread-owned lease's block goes when the lease ends. */
internal abstract class BlockHome(
    /** The pool, for those floors that know what one is. */
    @JvmField val owner: Any,
    /** The pool's name, for messages. */
    @JvmField val poolName: String,
) {
    /** Whether any-thread views of what comes back here are to be cut off at the close, and not with many others later. */
    open val wantsOwnArena: Boolean get() = false

    /** Takes the block at [address] back: [code] says what kind it is, [size] how many bytes were leased. Called once a lease. */
    abstract fun giveBack(address: Long, code: Int, size: Long)

    /** How many bytes a block of the kind [code] has. */
    open fun bytesOf(code: Int): Long = SizeClasses.sizeOf(code)

    /** What messages call the block of [size] bytes at [address]. */
    open fun describe(address: Long, size: Long): String = "Block of $size bytes at ${hex(address)}"

    /** Whether the block of the kind [code] can have [size] bytes where it lies, with nothing else changed; it has then. */
    open fun tryKeep(code: Int, size: Long): Boolean = size <= bytesOf(code)

    /** What another budget pays for the block, if one does. */
    open val charge: Charge? get() = null

    /** The same home for a block that [charge] pays for, in place of what paid before. */
    open fun chargedTo(charge: Charge): BlockHome = ChargedHome(this, charge)
}

/** What ends with a shared lease: the views' arena, and then the block's tenure. Any thread. */
internal abstract class Tenure(
    @JvmField val owner: Any,
    @JvmField val poolName: String,
    /** Whether [end] must be called once a lease; else it sorts out what racing closes report twice. */
    @JvmField val exact: Boolean,
) {
    /**
     * Ends the tenure of the block at [address]: [word] says what kind it is, [size] how many bytes were leased.
     *
     * @throws IllegalStateException when the views cannot be cut off now; then nothing has changed
     */
    abstract fun end(address: Long, word: Int, size: Long)

    /**
     * Ends the views without ending the tenure of the block, for whoever has [exact] views or has shown none to anybody.
     *
     * @throws IllegalStateException when the views cannot be cut off now; then nothing has changed
     */
    abstract fun cancel()

    /**
     * Lets nobody else have the block before [unpin], whoever ends the tenure meanwhile: either [end] refuses until then, or
     * the block stays in quarantine. False when the tenure has ended and it is too late for that.
     */
    abstract fun pin(): Boolean

    /** Undoes one [pin]. */
    abstract fun unpin()

    /** How many bytes the block of a lease with [word] has. */
    open fun bytesOf(word: Int): Long = SizeClasses.sizeOf(PackedBlock.codeOf(word))

    /** What another budget pays for the block, if one does. */
    open val charge: Charge? get() = null

    /** The tenure of a lease that takes over from one of this, over the same bytes, when [charge] pays for them. */
    open fun chargedTo(charge: Charge): Tenure = ChargedTenure(this, charge)

    /**
     * Takes the tenure over from the lease with [word], which has just been closed for that: its [end] is not called,
     * but [endClaimed] once. False when another close of the same lease was first.
     */
    open fun claim(word: Int): Boolean = true

    /** [end] for a lease whose tenure was taken over by [claim]. */
    open fun endClaimed(address: Long, word: Int, size: Long): Unit = end(address, word, size)

    /** Who closes the lease when nobody did before, if anybody. */
    open val leaseOwner: LeaseOwner? get() = null

    /** Where the lease was rented and closed, if its pool traces that. */
    open val trace: LeaseTrace? get() = null

    /** Called once, when the lease has ended. */
    open fun ended(): Unit = Unit
}

/** The tenure of a shared lease that somebody watches over: [inner], whose lease it is, and its trace. */
internal class WatchedTenure(
    private val inner: Tenure,
    override val leaseOwner: LeaseOwner?,
    override val trace: LeaseTrace?,
) : Tenure(inner.owner, inner.poolName, exact = true) {
    override fun end(address: Long, word: Int, size: Long): Unit = inner.end(address, word, size)

    override fun cancel(): Unit = inner.cancel()

    override fun pin(): Boolean = inner.pin()

    override fun unpin(): Unit = inner.unpin()

    override fun bytesOf(word: Int): Long = inner.bytesOf(word)

    override val charge: Charge? get() = inner.charge

    override fun chargedTo(charge: Charge): Tenure = inner.chargedTo(charge)

    override fun claim(word: Int): Boolean = inner.claim(word)

    override fun ended() {
        trace?.ended()
        if (leaseOwner is LeaseKeeper) leaseOwner.leaseEnded()
    }
}
