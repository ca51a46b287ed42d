package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.Trace
import dev.leasehold.memory.internal.epoch.KeptView
import dev.leasehold.memory.internal.epoch.OwnView
import java.lang.foreign.MemorySegment

/** The source of blocks without bytes, which cost nothing. */
internal class NothingSource(state: EngineState) : HeldSource(state) {
    override fun bytesOf(code: Int): Long = 0

    override fun giveBack(address: Long, code: Int, size: Long): Unit = Unit

    override fun keptView(address: Long, size: Long, code: Int, trace: Trace?): KeptView =
        OwnView(MemorySegment.ofAddress(address), null, state.arenas)

    override fun resize(address: Long, code: Int, from: Long, size: Long, alone: Boolean): Int =
        if (size == 0L) code else NOT_HERE
}
