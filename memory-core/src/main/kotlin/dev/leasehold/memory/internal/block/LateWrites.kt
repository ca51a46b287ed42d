package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.platform.Events
import dev.leasehold.memory.internal.platform.Log
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.counted
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicReferenceArray

/**
 * Finds writes into memory whose lease or block has been closed: by native code, or a pointer made from an address.
 *
 * A few of those that were watched are filled with [POISON] at their close, and wait here, until others take their
 * places or the memory is wanted; then what has been overwritten is reported with who had it. Any thread.
 *
 * @param source where it goes from here
 * @param around what it has to know of those who take memory
 */
internal class LateWrites(private val source: BlockSource, private val around: Surroundings) {
    /** What goes on around the memory that waits. */
    interface Surroundings {
        /** Whether requests wait for the memory, or nothing more is given out. */
        val areWanted: Boolean

        /** Whether all memory was taken back, also what is here. */
        val areGone: Boolean

        /** Has the next that needs memory call [flush]. */
        fun expectFlush()
    }

    private class Kept(val trace: Trace, val address: Long, val code: Int, val size: Long)

    private val places = AtomicReferenceArray<Kept?>(PLACES)
    private val next = AtomicInteger()

    /**
     * Keeps the [size] bytes at [address], which no view reaches any more, instead of [source]; false when it does not.
     */
    fun keep(trace: Trace, address: Long, code: Int, size: Long): Boolean {
        if (!isOn || size !in 1..MOST_BYTES || code >= BlockKind.LARGE || around.areWanted) return false
        val kept = try {
            Platform.current.view(address, size, null).fill(POISON)
            Kept(trace, address, code, size)
        } catch (_: OutOfMemoryError) {
            return false
        }
        // From here on it is this that gives it back, whatever happens.
        val before = places.getAndSet(next.getAndIncrement() and (PLACES - 1), kept)
        around.expectFlush()
        before?.let(::end)
        if (around.areWanted) flush()
        return true
    }

    /** Looks at all that are here, and gives them back. */
    fun flush() {
        for (place in 0 until PLACES) places.getAndSet(place, null)?.let(::end)
    }

    private fun end(kept: Kept) {
        if (around.areGone) return
        try {
            look(kept)
        } catch (_: OutOfMemoryError) {
            // A look that finds the heap full finds nothing, and no close fails for it.
        } finally {
            source.giveBack(kept.address, kept.code, kept.size)
        }
    }

    private fun look(kept: Kept) {
        val all = Platform.current.view(kept.address, kept.size, null)
        var first = -1L
        var count = 0L
        for (at in 0 until kept.size) {
            if (all.get(JAVA_BYTE, at) == POISON) continue
            if (first < 0) first = at
            count++
        }
        if (count == 0L) return
        val trace = kept.trace
        val found = "0x" + all.get(JAVA_BYTE, first).toHexString()
        val which = (if (count == 1L) "was" else "were") + " overwritten after its close, " +
            (if (count == 1L) "at" else "the first at")
        val message = "${counted(count, "byte")} of $trace $which offset $first of ${bytes(kept.size)} with $found: " +
            "native code, or a pointer made from an address, did that" + trace.sites()
        Log.warn("LATE WRITE: $message")
        Events.tell { it.misused(trace.owner.name, message, trace.site.toString()) }
    }

    companion object {
        private const val PLACES = 8
        private const val MOST_BYTES = 64L * 1024
        private const val POISON: Byte = 0xDB.toByte()

        /** Whether any are looked for. */
        @Volatile
        @JvmField
        var isOn: Boolean = false
    }
}
