package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.platform.Platform
import java.lang.foreign.MemorySegment

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

    /** Called when the views of the [size] bytes at [address] have been cut off, or refuse. */
    fun ended(address: Long, size: Long) {
        Platform.current.view(address, size, null).fill(pattern)
    }
}
