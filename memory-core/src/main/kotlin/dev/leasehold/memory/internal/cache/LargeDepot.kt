package dev.leasehold.memory.internal.cache

import java.util.concurrent.atomic.AtomicReference

/**
 * Where threads exchange idle large blocks, which have no magazines: a lock-free stack for each range of sizes, of
 * which there are four to a doubling. Any thread.
 *
 * A stack is Treiber's, as [MagazineStack][dev.leasehold.memory.internal.block.MagazineStack] is, with a new node for
 * each push. A node knows how many bytes lie under it, so what is idle is read off the tops, and no block pays for a
 * sum that all threads share.
 *
 * @param T a block, of which the depot knows only how long it is
 */
internal open class LargeDepot<T : Any> {
    protected class Node<T : Any>(@JvmField val block: T, @JvmField val bytes: Long) {
        /** The one below. Set, as [total] is, before it is on top, and not changed from then on. */
        @JvmField var next: Node<T>? = null

        /** How many bytes lie here and below. */
        @JvmField var total: Long = 0
    }

    private class Stack<T : Any> : AtomicReference<Node<T>?>() {
        /** About the least that was here since the period began; another thread's lower figure may be lost. */
        @Volatile
        var least = 0L
    }

    private val stacks = Array(STACKS) { Stack<T>() }

    /** How many bytes of idle blocks lie here. */
    val idleBytes: Long get() = stacks.sumOf { totalOf(it.get()) }

    /** How many bytes have lain here since [beginPeriod], about. */
    val leastIdle: Long get() = stacks.sumOf { minOf(it.least, totalOf(it.get())) }

    /** Begins a new period for [leastIdle]. */
    fun beginPeriod() {
        for (stack in stacks) stack.least = totalOf(stack.get())
    }

    /** Leaves [block], which has [bytes] of those that [isKept] allows. */
    fun leave(block: T, bytes: Long) {
        val stack = stacks[indexOf(bytes)]
        val node = Node(block, bytes)
        while (true) {
            val top = stack.get()
            node.next = top
            node.total = bytes + totalOf(top)
            if (replace(stack, top, node)) return
        }
    }

    /**
     * Takes a block of at least [bytes], of which no more than a quarter would be wasted; null when none is on top,
     * though one may lie deeper.
     */
    fun take(bytes: Long): T? {
        if (!isKept(bytes)) return null
        val index = indexOf(bytes)
        return takeFitting(index, bytes) ?: if (index + 1 < STACKS) takeFitting(index + 1, bytes) else null
    }

    private fun takeFitting(index: Int, bytes: Long): T? = takeIf(index) { it - bytes in 0..it / 4 }

    private inline fun takeIf(index: Int, fits: (bytes: Long) -> Boolean): T? {
        val stack = stacks[index]
        while (true) {
            val top = stack.get() ?: return null
            if (!fits(top.bytes)) return null
            if (!replace(stack, top, top.next)) continue
            val left = totalOf(top.next)
            if (left < stack.least) stack.least = left
            return top.block
        }
    }

    /** Puts [next] on top in the place of [seen], if that is there. Open for a test that does not look. */
    protected open fun replace(stack: AtomicReference<Node<T>?>, seen: Node<T>?, next: Node<T>?): Boolean =
        stack.compareAndSet(seen, next)

    /** Takes all blocks among which one of [bytes] may be, and hands each to [into]. */
    fun drainNear(bytes: Long, into: (T) -> Unit) {
        if (!isKept(bytes)) return
        val index = indexOf(bytes)
        for (near in index..minOf(index + 1, STACKS - 1)) drain(near, into)
    }

    /** Takes at least [wanted] bytes, the largest blocks first, and hands each to [into]. */
    fun drain(wanted: Long, into: (T) -> Unit) {
        var left = wanted
        for (index in STACKS - 1 downTo 0) {
            while (left > 0) into(takeIf(index) { bytes -> true.also { left -= bytes } } ?: break)
        }
    }

    private fun drain(index: Int, into: (T) -> Unit) {
        while (true) into(takeIf(index) { true } ?: return)
    }

    companion object {
        private const val LEAST_SHIFT = 20
        private const val MOST_SHIFT = 26
        private const val STACKS = 4 * (MOST_SHIFT - LEAST_SHIFT) + 1

        /** Whether blocks of [bytes] are kept here: a mebibyte to 64 of them. */
        fun isKept(bytes: Long): Boolean = bytes in (1L shl LEAST_SHIFT)..(1L shl MOST_SHIFT)

        private fun indexOf(bytes: Long): Int {
            val shift = 63 - java.lang.Long.numberOfLeadingZeros(bytes)
            return ((shift - LEAST_SHIFT) shl 2) + ((bytes ushr (shift - 2)).toInt() and 3)
        }

        private fun totalOf(node: Node<*>?): Long = node?.total ?: 0
    }
}
