package dev.leasehold.memory.internal.cache

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Magazine

/** What is behind a thread's cache: the source of its blocks, and where they go when it is full. Any thread. */
internal interface Supply {
    /** What is done to the bytes of blocks. */
    val hygiene: HygieneAction

    /** How much a cache holds of each class. */
    val shape: CacheShape

    /** Takes one block of [classIndex] past all caches; 0 when there is none. */
    fun takeDirect(classIndex: Int): Long

    /** Takes the block of [classIndex] at [address] back past all caches; false when it is to come in a magazine. */
    fun giveBackDirect(classIndex: Int, address: Long): Boolean

    /** A magazine with blocks of [classIndex], [wanted] where they are fetched for it; empty when there are none. */
    fun fullMagazine(classIndex: Int, wanted: Int): Magazine

    /** A magazine without blocks, for those of [classIndex]. */
    fun emptyMagazine(classIndex: Int): Magazine

    /** Takes [magazine] with its blocks of [classIndex]. Does not fail for a full heap. */
    fun dispose(classIndex: Int, magazine: Magazine)

    /** Takes the block of [classIndex] at [address] back past all caches, with nothing that a full heap could stop. */
    fun giveBackOne(classIndex: Int, address: Long)

    /** Called when a request of the calling thread has left every lock: what it crossed is reported now, and what lies
     * idle is looked after from now on.
     */
    fun served()
}
