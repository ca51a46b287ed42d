package dev.leasehold.memory.internal.cache

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Magazine

/** What is behind a thread's cache: the source of its blocks, and where they go when it is full. Any thread. */
internal interface Supply {
    /** What is done to the bytes of blocks. */
    val hygiene: HygieneAction

    /** Takes one block of [classIndex] past all caches; 0 when there is none. */
    fun takeDirect(classIndex: Int): Long

    /** A magazine with blocks of [classIndex]; empty when there are none. */
    fun fullMagazine(classIndex: Int): Magazine

    /** A magazine without blocks, for those of [classIndex]. */
    fun emptyMagazine(classIndex: Int): Magazine

    /** Takes [magazine] with its blocks of [classIndex]. */
    fun dispose(classIndex: Int, magazine: Magazine)

    /** Called when a request of the calling thread has left every lock: what it crossed is reported now. */
    fun served()
}
