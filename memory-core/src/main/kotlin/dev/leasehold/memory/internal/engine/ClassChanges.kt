package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.store.SlabStore
import kotlin.concurrent.withLock

/** Makes blocks of an engine's [store] into blocks of another class where they lie. Any thread. */
internal class ClassChanges(private val engine: SlabEngine, private val store: SlabStore) {
    /** Whether blocks of [classIndex] can change their class where they lie. */
    fun isSpan(classIndex: Int): Boolean = store.isSpan(classIndex)

    /**
     * Makes the block at [address], of class [from], one of class [to] where it lies.
     *
     * @return false when it cannot become one there; then nothing has changed
     */
    fun tryChange(address: Long, from: Int, to: Int): Boolean {
        if (!isSpan(from) || !isSpan(to)) return false
        val changed = engine.account.insist { if (changeOnce(address, from, to)) Unit else null }
        if (changed == null) return false
        engine.counts.count(0, SizeClasses.sizeOf(to) - SizeClasses.sizeOf(from))
        return true
    }

    private fun changeOnce(address: Long, from: Int, to: Int): Boolean {
        if (to > from) return store.lock.withLock { store.tryExtend(address, from, to) }
        engine.takeBack { store.shrink(address, from, to) }
        return true
    }
}
