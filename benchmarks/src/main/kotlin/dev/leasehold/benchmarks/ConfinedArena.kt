package dev.leasehold.benchmarks

import dev.leasehold.memory.Segment
import java.lang.foreign.Arena

/** An arena for each block, for nothing smaller can be given back; no other thread may close it. */
public open class ConfinedArena : Heap<ConfinedArena.Block>() {
    /** An arena and its only allocation. */
    public class Block internal constructor(internal val arena: Arena, internal val segment: Segment)

    override fun allocate(size: Int): Block {
        val arena = Arena.ofConfined()
        return Block(arena, Segment.of(arena.allocate(size.toLong())))
    }

    override fun writeAndRead(block: Block, value: Int): Int = block.segment.writeAndRead(value)

    override fun free(block: Block): Unit = block.arena.close()
}
