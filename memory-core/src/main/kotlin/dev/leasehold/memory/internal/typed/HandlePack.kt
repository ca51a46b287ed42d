package dev.leasehold.memory.internal.typed

import java.util.concurrent.atomic.AtomicReference

/** Some handles that go from one cache to another. One thread at a time. */
internal class HandlePack {
    private val handles = LongArray(ROOM)

    var count = 0
        private set

    fun add(handle: Long) {
        handles[count++] = handle
    }

    inline fun forEach(action: (Long) -> Unit) {
        for (at in 0 until count) action(handles[at])
    }

    companion object {
        /** How many handles a pack has room for. */
        const val ROOM: Int = 64
    }
}

/**
 * Packs that overflowed from caches, the newest on top: Treiber's stack, with a new node for each push, so that none
 * comes back while another thread looks at it. Any thread.
 */
internal open class PackStack {
    /** What carries a pack; made before there is anything to lose. */
    class Node {
        var pack: HandlePack? = null
        var below: Node? = null
    }

    private val top = AtomicReference<Node?>()

    /** How many handles lie here, about. */
    val size: Long get() = generateSequence(top.get(), Node::below).sumOf { it.pack?.count?.toLong() ?: 0 }

    /** Leaves [pack], carried by [node]. */
    fun push(node: Node, pack: HandlePack) {
        node.pack = pack
        while (true) {
            val seen = top.get()
            node.below = seen
            if (replace(top, seen, node)) return
        }
    }

    /** Takes the newest; null when there is none. */
    fun pop(): HandlePack? {
        while (true) {
            val seen = top.get() ?: return null
            if (replace(top, seen, seen.below)) return seen.pack
        }
    }

    /** Puts [next] on top in the place of [seen], if that is there. Open for a twin in tests. */
    protected open fun replace(top: AtomicReference<Node?>, seen: Node?, next: Node?): Boolean =
        top.compareAndSet(seen, next)
}
