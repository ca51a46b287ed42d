package dev.leasehold.memory.internal.typed

/** Handles, the newest on top. One thread. */
internal class HandleStack {
    private var handles = LongArray(0)

    /** How many there are. */
    var size = 0
        private set

    val isEmpty: Boolean get() = size == 0

    /** Makes room for [more], so that they can be pushed though the heap is full. */
    fun reserve(more: Int) {
        if (size + more > handles.size) handles = handles.copyOf(maxOf(size + more, 2 * handles.size))
    }

    /** Puts [handle] on top; there is room for it. */
    fun push(handle: Long) {
        handles[size++] = handle
    }

    /** [push] that makes room. */
    fun add(handle: Long) {
        reserve(1)
        push(handle)
    }

    /** Takes the newest; 0 when there is none. */
    fun pop(): Long = if (size == 0) 0 else handles[--size]

    /** Forgets all. */
    fun clear() {
        size = 0
    }

    /** Calls [action] with each. */
    inline fun forEach(action: (Long) -> Unit) {
        for (at in 0 until size) action(handles[at])
    }

    /** Removes those that [isGone] says. */
    inline fun removeIf(isGone: (Long) -> Boolean) {
        var kept = 0
        for (at in 0 until size) if (!isGone(handles[at])) handles[kept++] = handles[at]
        size = kept
    }

    /** A new array with all. */
    fun toArray(): LongArray = handles.copyOf(size)
}
