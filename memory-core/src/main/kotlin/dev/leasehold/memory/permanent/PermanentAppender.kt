package dev.leasehold.memory.permanent

import dev.leasehold.memory.MemoryThreadException
import dev.leasehold.memory.internal.permanent.AppendBuffer
import dev.leasehold.memory.internal.permanent.PermanentMessages

/**
 * A part of a [PermanentMemory] that one thread fills: an append moves a plain variable, and only each 32 KiB something
 * that others share. From [PermanentMemory.appender], or the room of [PermanentMemory.exclusively].
 *
 * It takes parts of 32 KiB, each directly behind the last one where no other has appended meanwhile. What is left of one
 * where the next record does not fit stays unused, at most one byte in 128: larger records go into the memory directly.
 *
 * **Ownership.** The code that makes one closes it, which gives back what it has not used, if nothing lies behind that.
 * One that is forgotten leaves up to 32 KiB unused.
 * **Threads.** The one that made it, or that called [PermanentMemory.exclusively]; to others each function that appends,
 * reserves or closes throws [PermanentAppenderThreadException]. After its close the former throw
 * [PermanentAppenderClosedException].
 * **Zeroed.** What is reserved is zero.
 * **Cost.** An append is some comparisons and the copy, and a compare-and-set each 32 KiB.
 */
public class PermanentAppender internal constructor(
    private val memory: PermanentMemory,
    private val refills: Boolean,
    private var next: Long,
    private var limit: Long,
) : PermanentSink(memory.buffer),
    AutoCloseable {
    private val owner = Thread.currentThread()
    private val base = memory.base
    private var isClosed = false

    /** How many bytes are left: of the memory, where this takes more parts of it. */
    override val remaining: Long get() = limit - next + if (refills) memory.remaining else 0

    @JvmSynthetic
    override fun fits(size: Long, alignment: Long): Boolean =
        isInside(start(alignment), size) || (refills && buffer.fits(size, alignment))

    private fun start(alignment: Long) = ((base + next + alignment - 1) and -alignment) - base

    private fun isInside(start: Long, size: Long) = start in 0..limit && size <= limit - start

    @JvmSynthetic
    override fun claim(size: Long, alignment: Long): Long {
        if (Thread.currentThread() !== owner) throw wrongThread()
        val start = start(alignment)
        if (!isInside(start, size)) return claimMore(size, alignment)
        next = start + size
        return start
    }

    private fun claimMore(size: Long, alignment: Long): Long {
        if (isClosed) throw PermanentAppenderClosedException()
        if (!refills) return AppendBuffer.REFUSED
        if (size > MOST_INSIDE || alignment > MOST_INSIDE) return buffer.claim(size, alignment)
        if (!takePart(size + alignment)) return buffer.claim(size, alignment)
        val start = start(alignment)
        next = start + size
        return start
    }

    /** Takes another part: behind this one if nobody has appended there, else what is left of this stays unused. */
    private fun takePart(least: Long): Boolean {
        while (true) {
            val seen = buffer.position
            val part = minOf(PART, buffer.size - seen)
            if (part < least) return false
            if (!buffer.populate(seen + part)) return false
            if (!buffer.move(seen, seen + part)) continue
            if (seen != limit) next = seen
            limit = seen + part
            return true
        }
    }

    private fun wrongThread(): MemoryThreadException =
        PermanentAppenderThreadException(PermanentMessages.wrongThread(owner, Thread.currentThread()))

    /**
     * Gives back what was not used, if nothing lies behind it; nothing can be appended any more. Closing again does
     * nothing.
     */
    override fun close() {
        if (Thread.currentThread() !== owner) throw wrongThread()
        if (next < limit) {
            val _ = buffer.move(limit, next)
        }
        limit = next
        isClosed = true
    }

    internal companion object {
        private const val PART = 1L shl 15

        // What may be left unused of a part.
        private const val MOST_INSIDE = PART / 128
    }
}
