package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.platform.Platform
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout

/** What is done to a block's bytes when a lease begins and ends. */
internal class HygieneAction(
    zeroOnRent: Boolean,
    fillOnClose: Boolean,
    private val pattern: Byte,
) {
    /** Whether [began] does anything. */
    @JvmField val onRent: Boolean = zeroOnRent

    /** Whether [ended] does anything. */
    @JvmField val onClose: Boolean = fillOnClose

    /** Called with a lease's fresh view. */
    fun began(view: MemorySegment) {
        if (onRent) view.fill(0)
    }

    /**
     * Called when the views of the [size] bytes at [address] have been cut off, or refuse. Needs no heap: it is a part
     * of every close.
     */
    fun ended(address: Long, size: Long) {
        try {
            Platform.current.view(address, size, null).fill(pattern)
        } catch (full: OutOfMemoryError) {
            fillEach(everything ?: throw full, address, size)
        }
    }

    // Slower, and without a view of its own.
    private fun fillEach(all: MemorySegment, from: Long, size: Long) {
        var at = from
        while (at < from + size) all.set(ValueLayout.JAVA_BYTE, at++, pattern)
    }

    // Where views are not bound to their blocks there is none, and a close that has no heap has not begun.
    private val everything: MemorySegment? =
        if (fillOnClose && Platform.current.bindsViews) Platform.current.view(0, Long.MAX_VALUE, null) else null
}
