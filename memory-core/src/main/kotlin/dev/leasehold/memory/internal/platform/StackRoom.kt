package dev.leasehold.memory.internal.platform

/**
 * Room on the calling thread's stack for what must not stop half-way.
 *
 * A call that finds the stack full throws wherever it happens to be, also between two steps that belong together. So
 * what is about to take such steps calls [require] first: that goes as deep as they do, and where there is no room it
 * throws while nothing has changed. At the head of slow ways, for it takes some nanoseconds.
 */
internal object StackRoom {
    // What comes after a look may be compiled or interpreted. With frames of 24 bytes, as many as there are calls, the
    // store's lists were found half changed.
    private const val CALLS = 128
    private const val CALLS_A_FRAME = 32

    /** @throws StackOverflowError when there is no room for some [calls] more */
    fun require(calls: Int = CALLS) {
        check(WideFrames.descend(calls / CALLS_A_FRAME) >= 0)
    }
}
