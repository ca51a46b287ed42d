package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.BlockHome
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.cache.Stripes
import dev.leasehold.memory.internal.store.SlabStore

/** Where a block goes whose lease may end on any thread: into that thread's cache, else a stripe's, else the store. */
internal class AnyThreadHome(
    private val engine: SlabEngine,
    private val store: SlabStore,
    private val stripes: Stripes,
) : BlockHome(engine.owner, engine.poolName) {
    private val hygiene = engine.hygiene

    override fun giveBack(address: Long, code: Int, size: Long) {
        val cache = engine.cacheOf(Thread.currentThread())
        if (cache != null) return cache.giveBack(address, code, size)
        if (stripes.withCache { it.giveBack(address, code, size) } != null) return
        if (hygiene.onClose) hygiene.ended(address, size)
        engine.counts.count(-1, -SizeClasses.sizeOf(code))
        engine.takeBack { store.giveBack(address) }
        engine.pressure.relieve()
    }
}
