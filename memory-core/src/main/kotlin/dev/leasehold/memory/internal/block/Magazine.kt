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
    class Node(@JvmField val magazine: Magazine) {
        /** The one below. Set before it is on top, and not changed from then on. */
        @JvmField var next: Node? = null
    }

    protected val top: AtomicReference<Node?> = AtomicReference()

    /** What [push] takes for [magazine]: all that it allocates. */
    fun nodeOf(magazine: Magazine): Node = Node(magazine)

    /** How many blocks are in all magazines: a moment's truth. */
    val blocks: Long
        get() {
            var sum = 0L
            var node = top.get()
            while (node != null) {
                sum += node.magazine.count
                node = node.next
            }
            return sum
        }

    fun push(magazine: Magazine): Unit = push(nodeOf(magazine))

    fun push(node: Node) {
        while (true) {
            val seen = top.get()
            node.next = seen
            if (replace(seen, node)) return
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
