package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.cache.CacheShape
import dev.leasehold.memory.internal.cache.Depot
import dev.leasehold.memory.internal.epoch.RetiredNotes
import dev.leasehold.memory.internal.store.SlabStore
import kotlin.concurrent.withLock

/**
 * The way of whole magazines between the caches of an engine's threads and its [store]: by the depot, and, for blocks that come
 * out of quarantine, by the notes that they are written in. Any thread.
 *
 * @property idleBound how many bytes may lie idle, in the depot and the store together
 */
internal class MagazineDesk(
    private val engine: SlabEngine,
    private val store: SlabStore,
    private val idleBound: Long,
) : RetiredNotes.Engine {
    private val depot = Depot()

    /** Blocks that have left quarantine, and that nobody has asked for yet. */
    val retired = RetiredNotes(engine.hygiene, this)

    /** A magazine of blocks of [classIndex]: from the depot, else filled from the store; empty when neither has any. */
    fun full(classIndex: Int): Magazine {
        depot.take(classIndex)?.let { return it }
        retired.take(classIndex) { depot.take(classIndex) }?.let { return it }
        val magazine = depot.takeEmpty(classIndex)
        if (!engine.mayTake) return magazine
        store.lock.withLock {
            while (magazine.count < magazine.rounds.size) {
                val address = store.take(classIndex)
                if (address == 0L) break
                magazine.push(address)
            }
        }
        return magazine
    }

    override fun emptyMagazine(classIndex: Int): Magazine = depot.takeEmpty(classIndex)

    /** Leaves [magazine] in the depot, or, when enough is idle or memory is short, its blocks in the store. */
    override fun disposeMagazine(classIndex: Int, magazine: Magazine) {
        if (magazine.count == 0) return disposeEmpty(classIndex, magazine)
        val bytes = magazine.count * SizeClasses.sizeOf(classIndex)
        if (engine.mustReturn || depot.idleBytes + bytes > idleBound) return giveBack(classIndex, magazine)
        depot.leave(classIndex, magazine)
        // Somebody who began to take everything back meanwhile may have passed the depot already.
        if (engine.mustReturn) drain()
    }

    // A magazine may have been a note.
    private fun disposeEmpty(classIndex: Int, magazine: Magazine) {
        if (magazine.rounds.size == CacheShape.magazineOf(classIndex)) {
            depot.leaveEmpty(classIndex, magazine)
        } else {
            spareNote(magazine)
        }
    }

    override fun spareNote(note: Magazine) = engine.epochs.spare(note)

    private fun giveBack(classIndex: Int, magazine: Magazine) {
        engine.takeBack { store.giveBackAll(magazine) }
        disposeEmpty(classIndex, magazine)
        engine.pressure.relieve()
    }

    /** Gives all that lies in the depot back to the store. */
    fun drain() = depot.drain(::giveBack)

    /** How many bytes of idle blocks the store may keep. */
    fun storeMayKeep(): Long = if (engine.closed) 0 else idleBound - depot.idleBytes
}
