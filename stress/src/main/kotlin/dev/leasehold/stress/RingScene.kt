package dev.leasehold.stress

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.internal.typed.ChunkPositions
import dev.leasehold.memory.internal.typed.RingMemory
import dev.leasehold.memory.internal.typed.RingShape
import java.lang.foreign.MemorySegment
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLongArray

// Four chunks of a word each.
private const val CAPACITY = 32L
private const val CHUNK = 8L

/** A ring that has gone round once: of the next two places, one still has a chunk of that round, which can be read. */
internal class RingScene private constructor(private val ring: ChunkPositions, private val data: MemorySegment) {
    init {
        repeat(2) {
            write(OLDER)
            write(OLDER)
            val taken = ring.take(2)
            ring.free(ChunkPositions.firstOf(taken), ring.endOf(taken))
        }
        write(OLDER)
        check(take() == OLDER) { "a ring with a chunk in it had none" }
    }

    /** Writes [value] into a chunk of its own, plainly, and commits that. */
    fun write(value: Int) {
        val at = ring.claim(CHUNK)
        check(at >= 0) { "a ring with room had none" }
        data.setWord(ring.offsetOf(at) / CHUNK, value.toLong())
        ring.commit(at, CHUNK)
    }

    /** Takes the next chunk: what is in it, or 0 when there is none. */
    fun take(): Int {
        val taken = ring.take(1)
        if (taken < 0) return 0
        val at = ChunkPositions.firstOf(taken)
        val value = data.word(ring.offsetOf(at) / CHUNK)
        ring.free(at, at + CHUNK)
        return value.toInt()
    }

    companion object {
        private const val OLDER = 100

        /** A shipped ring, off the heap. */
        @JvmStatic
        fun shipped(): RingScene = ShippedRings.next().let { RingScene(it, it.data) }

        @JvmStatic
        fun roundBlind() = RingScene(RoundBlindPositions(), Blocks.next())

        @JvmStatic
        fun forgetful() = RingScene(ForgetfulPositions(), Blocks.next())
    }
}

/** Rings for states, as [Blocks] has blocks. */
private object ShippedRings {
    private const val COUNT = 1 shl 15
    private val rings = MemoryManager.system().let { manager ->
        val shape = RingShape(CAPACITY, CHUNK)
        Array(COUNT) { RingMemory.allocate(manager, shape) }
    }
    private val turn = AtomicInteger()

    /** A ring as it was made. */
    fun next(): RingMemory {
        val ring = rings[turn.getAndIncrement() and COUNT - 1]
        val _ = ring.raw.fill(0)
        ring.writeTo(ring)
        return ring
    }
}

/** Positions of which twins leave a step out. */
private open class TwinPositions : ChunkPositions(CAPACITY, CHUNK) {
    private val words = AtomicLongArray((dataOffset / Long.SIZE_BYTES).toInt())

    override fun get(index: Long): Long = words.getAcquire(index.toInt())

    override fun set(index: Long, value: Long): Unit = words.setRelease(index.toInt(), value)

    override fun compareAndSet(index: Long, seen: Long, next: Long): Boolean =
        words.compareAndSet(index.toInt(), seen, next)
}

/** The twin that takes a header of the round before for one of this round. */
private class RoundBlindPositions : TwinPositions() {
    override fun stateAt(at: Long, header: Long): Int = (header and 3).toInt()
}

/** The twin that moves a position on without a look at where it is by now. */
private class ForgetfulPositions : TwinPositions() {
    override fun replace(index: Long, seen: Long, next: Long): Boolean {
        set(index, next)
        return true
    }
}
