package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.Arenas
import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.store.LargeBlocks
import dev.leasehold.memory.internal.store.SpanHeap

/** What is left of a store that took all of its memory back: mappings without pages. */
internal class Wreck(private val heap: SpanHeap, private val large: LargeBlocks) {
    /** Gives the addresses back. Only when nobody can use them any more. */
    fun unmap() {
        heap.unmapAll()
        large.unmapAll()
    }
}

/** Gives the addresses of wrecks back when their engines are garbage, and with them the last block that refers to one. */
internal object Wrecks {
    /** Unmaps [wreck] when [engine] is garbage and all of [arenas] are closed. */
    fun unmapLater(engine: SlabEngine, wreck: Wreck, arenas: Arenas) {
        // This must not refer to the engine.
        Background.whenGarbage(engine) {
            Background.untilDone(wreck) { arenas.closeAll().also { if (it) wreck.unmap() } }
        }
    }
}
