package dev.leasehold.memory.internal.block

import java.util.concurrent.atomic.AtomicReference

/** Addresses of free blocks of one class. One thread at a time. */
internal class Magazine(capacity: Int) {
    @JvmField val rounds: LongArray = LongArray(capacity)

    @JvmField var count: Int = 0

    fun push(address: Long) {
        rounds[count++] = address
    }

    fun pop(): Long = rounds[--count]
}

/**
 * A lock-free stack of magazines (Treiber, 1986).
 *
 * Every push makes a new node, so a node that a slow pop still looks at can never come back: the collector keeps it
 * from being reused, and the ABA problem does not arise. A node is 24 bytes for a whole magazine.
 */
internal open class MagazineStack {
    protected class Node(@JvmField val magazine: Magazine, @JvmField val next: Node?)

    protected val top: AtomicReference<Node?> = AtomicReference()

    fun push(magazine: Magazine) {
        while (true) {
            val seen = top.get()
            if (replace(seen, Node(magazine, seen))) return
        }
    }

    fun pop(): Magazine? {
        while (true) {
            val seen = top.get() ?: return null
            if (replace(seen, seen.next)) return seen.magazine
        }
    }

    /** Puts [next] on top in the place of [seen], if that is there. Open for a test that does not look. */
    protected open fun replace(seen: Node?, next: Node?): Boolean = top.compareAndSet(seen, next)
}
