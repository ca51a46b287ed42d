package dev.leasehold.memory.internal.store

/**
 * What can be in a [SplayTree]: at most one at a time, at the place that [rank] and then [order] give it. In a [Chain]
 * besides.
 */
internal abstract class SplayNode<T : SplayNode<T>> : ChainNode<T>() {
    /** The first key. Neither key changes while it is in a tree. */
    abstract val rank: Long

    /** The second key: no two of a tree have both the same. */
    abstract val order: Long

    /** Kept by the tree. */
    @JvmField var left: T? = null

    @JvmField var right: T? = null
}

/**
 * An ordered set whose links are in its elements. Under one lock.
 *
 * Nothing here allocates and nothing calls itself, so no step can fail half-way because the heap or the stack is full:
 * what comes back to a store by a close always gets in. What is used again soon is near the top. Sleator and Tarjan,
 * "Self-adjusting binary search trees", 1985: the top-down form.
 */
internal class SplayTree<T : SplayNode<T>> {
    private var root: T? = null

    val isEmpty: Boolean get() = root == null

    /** Puts [node] in; false when one with the same keys is here. */
    fun add(node: T): Boolean {
        val top = splay(node.rank, node.order)
        val side = if (top == null) 0 else compare(node.rank, node.order, top)
        if (top != null && side == 0) return false
        node.left = null
        node.right = null
        if (top != null && side < 0) {
            node.left = top.left
            node.right = top
            top.left = null
        } else if (top != null) {
            node.right = top.right
            node.left = top
            top.right = null
        }
        root = node
        return true
    }

    /** Takes [node] out; false when it is not here. */
    fun remove(node: T): Boolean {
        if (splay(node.rank, node.order) !== node) return false
        val left = node.left
        val right = node.right
        root = left
        if (left == null) {
            root = right
        } else {
            // All of the left are smaller, so the largest comes up, with nothing on its right.
            splay(node.rank, node.order)!!.right = right
        }
        node.left = null
        node.right = null
        return true
    }

    /** The first element, or null when it is empty. */
    fun first(): T? = ceiling(Long.MIN_VALUE, Long.MIN_VALUE)

    /** The first element at or behind [rank] and [order], or null when there is none. */
    fun ceiling(rank: Long, order: Long): T? {
        val top = splay(rank, order) ?: return null
        if (compare(rank, order, top) <= 0) return top
        var next = top.right ?: return null
        while (true) next = next.left ?: return splay(next.rank, next.order)
    }

    /** The first element behind [node], which is here; null when it is the last. */
    fun after(node: T): T? = ceiling(node.rank, node.order + 1)

    /** Brings the element with these keys, or else a neighbour of their place, to the top, and returns it. */
    @IgnorableReturnValue
    private fun splay(rank: Long, order: Long): T? {
        var top = root ?: return null
        // What is smaller than the keys hangs together by the right links, what is greater by the left ones.
        var smaller: T? = null
        var smallest: T? = null
        var greater: T? = null
        var greatest: T? = null
        while (true) {
            val side = compare(rank, order, top)
            if (side < 0) {
                var next = top.left ?: break
                if (compare(rank, order, next) < 0) {
                    top.left = next.right
                    next.right = top
                    top = next
                    next = top.left ?: break
                }
                if (greater == null) greatest = top else greater.left = top
                greater = top
                top = next
            } else if (side > 0) {
                var next = top.right ?: break
                if (compare(rank, order, next) > 0) {
                    top.right = next.left
                    next.left = top
                    top = next
                    next = top.right ?: break
                }
                if (smaller == null) smallest = top else smaller.right = top
                smaller = top
                top = next
            } else {
                break
            }
        }
        if (smaller != null) {
            smaller.right = top.left
            top.left = smallest
        }
        if (greater != null) {
            greater.left = top.right
            top.right = greatest
        }
        root = top
        return top
    }

    private fun compare(rank: Long, order: Long, node: T): Int {
        val difference = rank.compareTo(node.rank)
        return if (difference != 0) difference else order.compareTo(node.order)
    }
}
