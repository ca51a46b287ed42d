package dev.leasehold.memory.internal.platform

/**
 * Room on the calling thread's stack for what must not stop half-way.
 *
 * A call that finds the stack full throws wherever it happens to be, also between two steps that belong together. So
 * what is about to take such steps calls [require] first: that goes as deep as they do, and where there is no room it
 * throws while nothing has changed. Only at the head of slow ways, for it takes tens of nanoseconds.
 */
internal object StackRoom {
    // A call of this takes 24 bytes of the stack where C2 has compiled it, and 208 where it is interpreted, and what
    // comes after it may be either. With 48 the store's lists were found half changed.
    private const val CALLS = 128

    /** @throws StackOverflowError when there is no room for some [calls] more */
    fun require(calls: Int = CALLS) {
        check(descend(calls, 1, 2, 3, 4, 5, 6) != 0L)
    }

    // With arguments that are all alive, and nothing that would let the compiler make a loop of it.
    private fun descend(left: Int, a: Long, b: Long, c: Long, d: Long, e: Long, f: Long): Long =
        if (left == 0) a + b + c + d + e + f else 1 + descend(left - 1, b, c, d, e, f, a) or c
}
