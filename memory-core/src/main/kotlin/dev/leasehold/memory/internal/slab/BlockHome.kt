@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.internal.slab

import dev.leasehold.memory.internal.InternalMemoryApi
import dev.leasehold.memory.internal.LeaseOwner
import dev.leasehold.memory.internal.LeaseTrace

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

    override fun ended() {
        trace?.ended()
    }
}
