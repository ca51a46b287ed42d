package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.Attachment
import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.block.BlockSource
import dev.leasehold.memory.internal.block.Request
import dev.leasehold.memory.internal.block.Sampling
import dev.leasehold.memory.internal.cache.Bias
import dev.leasehold.memory.internal.cache.Tally
import dev.leasehold.memory.internal.cache.ThreadCache
import dev.leasehold.memory.internal.cache.ThreadTable
import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.Events
import dev.leasehold.memory.internal.platform.StackRoom
import dev.leasehold.memory.internal.platform.WaitEnd
import dev.leasehold.memory.internal.platform.endWith
import dev.leasehold.memory.internal.store.Occupancy

/**
 * The machinery under a pool or a manager: takes memory and takes it back, and knows how it grows. A block keeps to its
 * [HeldSource], through which its memory goes back, kept views are made and resizes are done. Any thread.
 */
internal abstract class Engine(@JvmField val state: EngineState) {
    /** The caches of platform threads, where the engine has such; what every fast request looks at first. */
    @JvmField protected val table: ThreadTable = ThreadTable()

    /** The requests that wait for memory. */
    abstract val line: WaitLine

    /** Where a block goes that a thread's cache has given out and any thread may close. */
    abstract val anyThread: HeldSource

    /** The cache of [thread], which is the calling one; null when it has none. */
    fun cacheOf(thread: Thread): ThreadCache? = table.firstLook(thread.threadId()) ?: cacheOfSlow(thread)

    protected open fun cacheOfSlow(thread: Thread): ThreadCache? = null

    /**
     * Where the calling thread counts the holds of a block of [source] that it has just taken; null when all threads
     * share the count. Also for what comes by a slow way: the shared count is kept by calls on the block, and for one
     * such block in a thousand the compiler would make an object of every one.
     */
    fun biasFor(source: HeldSource): Bias? = if (source === anyThread) cacheOf(Thread.currentThread())?.bias else null

    /** Takes a block of the class [code] for a thread that has no cache; 0 when that needs the slow way. */
    open fun takeShared(code: Int): Long = 0

    /** Takes back what a thread gives that has no cache. */
    open fun giveBackShared(address: Long, code: Int, size: Long): Unit = anyThread.giveBack(address, code, size)

    /** Whether what the calling thread is taking on the slow way is to be watched, where not all is. */
    fun isSampled(): Boolean {
        if (Sampling.every == 0) return false
        val cache = cacheOf(Thread.currentThread())
        return if (cache != null && cache.takeSampled()) true else state.traces.draw()
    }

    /** Draws anew what is watched, since [Sampling.every] has changed. */
    open fun resample(): Unit = Unit

    /** Takes a block without waiting; null when it cannot be had. */
    abstract fun take(request: Request): Taken?

    /** A request that can [join][WaitLine.join] the [line]: for [thread], or, without one, for what [wake] wakes. */
    abstract fun waiterFor(request: Request, thread: Thread?, wake: () -> Unit): Waiter

    /** Collects what lies idle for the requests in the [line]. For a request that has just joined. */
    abstract fun collectForLine()

    /**
     * Whether others wait for room in a budget that what is given back here would make: from then on it goes to the
     * system at once.
     */
    open fun lend(isWanted: Boolean): Unit = Unit

    /**
     * [take] that waits its turn in the [line], as long as the request may.
     *
     * @throws InterruptedException when the thread was interrupted; nothing was taken then
     */
    fun await(request: Request): Taken? {
        val wait = Events.begin { it.waiting(state.owner.name, request.size) }
        val since = System.nanoTime()
        var end = WaitEnd.FAILED
        try {
            StackRoom.require()
            val taken = line.await(
                waiterFor(request, Thread.currentThread()) {},
                since + request.nanos,
                joined = ::collectForLine,
                giveBack = { it.source.giveBack(it.address, it.code, request.size) },
            )
            end = when {
                taken != null -> WaitEnd.SERVED
                state.closed -> WaitEnd.CLOSED
                else -> WaitEnd.TIMED_OUT
            }
            return taken
        } catch (interrupt: InterruptedException) {
            end = WaitEnd.CANCELLED
            throw interrupt
        } finally {
            line.waits.count(end, System.nanoTime() - since)
            wait.endWith { end }
            state.leaf.deliver()
        }
    }

    /** Puts [waiter], which no thread waits for, into the [line]; when this throws, it is in none. */
    fun join(waiter: Waiter) {
        StackRoom.require()
        line.join(waiter)
        if (!waiter.isWaiting) return
        try {
            collectForLine()
        } catch (failure: Throwable) {
            // One that has been served meanwhile is woken, and has what it waited for.
            if (line.leave(waiter)) throw failure
        }
    }

    /** Takes [count] pages that lie together, without waiting; null when they cannot be had. */
    abstract fun takePages(count: Int): PageSource?

    /** The id of the first page of those that were taken together with the page [id]; 0 when no taken pages have it. */
    abstract fun firstPageOf(id: Long): Long

    /** The most pages that can be taken together. */
    abstract val mostPages: Long

    /** What a block without bytes is made of. */
    val nothing: Taken by lazy { Taken(NOWHERE, BlockKind.NOTHING, NothingSource(state)) }

    /** Sums the counts of all threads. */
    abstract fun tally(): Tally

    /**
     * How many blocks of each size are out, and how full the slabs are, of which [mostSlabs] are named; null where that
     * is not known. Holds up no request for longer than tens of microseconds.
     */
    open fun occupancy(mostSlabs: Int): Occupancy? = null

    /** Gives what is idle back to the system; returns how many bytes went. */
    abstract fun trim(): Long

    /**
     * Has changed, once [trim] can find something that it could not find before; [trim] itself changes it only when it
     * has found something.
     */
    abstract val returns: Long

    /**
     * Why [size] bytes cannot be had now, or could not be had within [nanos] nanoseconds if there are any, where that is
     * neither a limit's nor the system's memory's doing.
     */
    open fun refusalOf(size: Long, nanos: Long = 0): RuntimeException? = null

    /** Takes nothing more, and gives what is idle back; returns the tally of what is still out. */
    abstract fun close(): Tally

    /**
     * Takes all memory back, also what is in use. It is closed, and its state is [cleared][EngineState.cleared], from
     * then on. Views in shared arenas are cut off; a thread in a scope meets zeros or what it writes itself.
     */
    abstract fun abandon()

    private companion object {
        /** An address that nothing is ever read from, at a multiple of every alignment. */
        const val NOWHERE = 1L shl 16
    }
}

/** A block on its way to its holder: where it lies, what kind it is, and where it goes back to. */
internal class Taken(@JvmField val address: Long, @JvmField val code: Int, @JvmField val source: HeldSource) {
    /** What comes with it, when it is to be watched and nothing else comes with it. */
    @JvmField var attachment: Attachment? = null

    /** Where a lease of it goes back to; null for the cache of the thread. */
    @JvmField var lender: BlockSource? = null

    /** Where the thread that took it counts its holds: [Engine.biasFor]. */
    @JvmField var bias: Bias? = null
}
