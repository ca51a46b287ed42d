package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.platform.Platform

/**
 * The way to a block for a request that the thread's own cache did not serve: the depot, the store, and when those
 * refuse, everything that lies idle anywhere.
 *
 * @property largestClass up to how many bytes a request takes a block of a size class; larger ones get a mapping each
 */
internal class Requests(private val engine: SlabEngine, private val largestClass: Long) {
    private val account = engine.account

    /** The class of a block for [size] bytes, [SlabEngine.LARGE] for one with a mapping of its own. */
    fun codeOf(size: Long, alignment: Long): Int = when {
        size > largestClass -> SlabEngine.LARGE
        alignment == NATURAL -> SizeClasses.indexOf(maxOf(size, 1))
        else -> SizeClasses.indexOf(maxOf(size, 1), alignment)
    }

    /** Takes a block for [size] bytes at a multiple of [alignment] without waiting; null when it cannot be had. */
    fun take(size: Long, alignment: Long): Taken? {
        val code = codeOf(size, alignment)
        return account.insist { takeOnce(code, size) }
    }

    private fun takeOnce(code: Int, size: Long): Taken? {
        take(code, size)?.let { return it }
        if (!engine.mayTake) return null
        return engine.pressure.pressed { take(code, size) ?: takeExact(code, size) }
    }

    /** [take] that waits its turn, up to [nanos]. */
    fun await(size: Long, alignment: Long, nanos: Long): Taken? {
        val code = codeOf(size, alignment)
        val waiter = Thread.currentThread()
        try {
            return engine.line.await(
                nanos,
                joined = engine.pressure::pressForLine,
                // Run by whoever gives something back.
                attempt = { account.onBehalfOf(waiter) { takeForWaiter(code, size) } },
                giveBack = { it.home.giveBack(it.address, it.code, size) },
                // Room in a budget, and idle memory of others below it, comes back without a word to this engine.
                look = { if (account.reclaim()) engine.pressure.pressForLine() },
            )
        } finally {
            account.deliver()
        }
    }

    private fun takeForWaiter(code: Int, size: Long): Taken? =
        engine.takeForWaiter(code, size) ?: exactForWaiter(code, size)

    private fun take(code: Int, size: Long): Taken? =
        if (code == SlabEngine.LARGE) engine.takeLarge(size) else engine.takeAnywhere(code)

    // The block of the size class may be too large for what the limit leaves, when pages for just these bytes are
    // not.
    private fun takeExact(code: Int, size: Long): Taken? =
        if (exactIsSmaller(code, size)) engine.takeLarge(size) else null

    private fun exactForWaiter(code: Int, size: Long): Taken? =
        if (exactIsSmaller(code, size)) engine.takeForWaiter(SlabEngine.LARGE, size) else null

    private fun exactIsSmaller(code: Int, size: Long): Boolean {
        val page = Platform.current.pageSize
        return code != SlabEngine.LARGE && (size + page - 1 and -page) < SizeClasses.sizeOf(code)
    }

    companion object {
        /** Stands for "no alignment was asked for". */
        const val NATURAL: Long = 0

        /** The most bytes that any request may ask for: more than any address space holds, and far from where rounding up could overflow. */
        const val MOST_BYTES: Long = 1L shl 47
    }
}
