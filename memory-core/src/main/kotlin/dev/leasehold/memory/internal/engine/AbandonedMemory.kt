package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.Arenas
import dev.leasehold.memory.internal.epoch.Retirer
import dev.leasehold.memory.internal.store.ReleasedMappings
import java.lang.ref.Cleaner

/** Gives the addresses of memory that was taken back when its engine is garbage, and with it the last block that refers to it. */
internal object AbandonedMemory {
    private val CLEANER: Cleaner by lazy { Cleaner.create() }

    /** Unmaps [mappings] when [state] is garbage and all of [arenas] are closed. */
    fun unmapLater(state: EngineState, mappings: ReleasedMappings, arenas: Arenas) {
        // This must not refer to the state.
        CLEANER.register(state) { Retirer.untilDone(mappings) { arenas.closeAll().also { if (it) mappings.unmap() } } }
    }
}
