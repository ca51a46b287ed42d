package dev.leasehold.stress

import dev.leasehold.memory.internal.cache.Bias
import dev.leasehold.memory.internal.cache.RefCount

/** The shipped count of references and scopes, by names that Java sees. */
internal open class Count(bias: Bias?, generation: Int) : RefCount(bias, generation) {
    /** A count of one reference, which all threads share from the start. */
    constructor() : this(null, 0)

    val left: Int get() = references

    fun retain(): Boolean = tryReference()

    fun release(): Int = releaseReference()

    fun open(): Boolean = tryEnter()

    fun shut(): Int = leaveScope()

    /** Keeps all others out if there is one reference and no scope. */
    fun lock(): Boolean = tryLock(1, scopes = 0)

    /** Lets the others in again, after [lock]. */
    fun unlock() = unlock(1, scopes = 0)

    companion object {
        /** There was nothing to give back. */
        const val NONE: Int = RefCount.NONE

        /** It was the last hold, so the block is free. */
        const val LAST: Int = RefCount.LAST
    }
}

/** The twin that stores its new word, whatever other threads have made of the old one meanwhile. */
internal class ForgetfulCount : Count() {
    override fun replace(seen: Long, next: Long): Boolean {
        put(next)
        return true
    }
}

/** Stores [word], whatever is there. */
internal fun RefCount.put(word: Long) {
    val references = word.toInt()
    unlock(references, scopes = ((word - references) shr 32).toInt())
}
