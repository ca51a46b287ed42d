package dev.leasehold.memory.internal.store

/** What can be in a [Chain], in one at a time. */
internal abstract class ChainNode<T : ChainNode<T>> {
    /** Kept by the chain. */
    @JvmField var before: T? = null

    @JvmField var behind: T? = null
}

/** A list through its elements, so that it neither allocates nor searches. Under one lock. */
internal class Chain<T : ChainNode<T>> {
    var first: T? = null
        private set

    private var last: T? = null

    fun addFirst(node: T) {
        val old = first
        node.behind = old
        if (old == null) last = node else old.before = node
        first = node
    }

    fun addLast(node: T) {
        val old = last
        node.before = old
        if (old == null) first = node else old.behind = node
        last = node
    }

    /** Takes [node] out, which is here. */
    fun remove(node: T) {
        val before = node.before
        val behind = node.behind
        if (before == null) first = behind else before.behind = behind
        if (behind == null) last = before else behind.before = before
        node.before = null
        node.behind = null
    }

    /** Takes all out: the first of them, on which the others follow [behind][ChainNode.behind]; null when it is empty. */
    fun removeAll(): T? {
        val all = first
        first = null
        last = null
        return all
    }
}
