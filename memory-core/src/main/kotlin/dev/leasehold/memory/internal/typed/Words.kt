package dev.leasehold.memory.internal.typed

/**
 * Words of 64 bits that threads share, by index: what a lock-free structure off the heap keeps its state in.
 *
 * In the library each structure has them in a segment of memory, so every call is a plain one. Model checkers see no
 * race in a segment, so tests bring another kind, over an array.
 */
internal interface Words {
    /** The word at [index]; what was written before it was [set] is seen afterwards. */
    fun get(index: Long): Long

    /** Sets the word at [index]; to be seen by the thread that [gets][get] it, with all that was written before. */
    fun set(index: Long, value: Long)

    /** Puts [next] in the place of [seen], if that is there: a full barrier where it succeeds. */
    fun compareAndSet(index: Long, seen: Long, next: Long): Boolean
}
