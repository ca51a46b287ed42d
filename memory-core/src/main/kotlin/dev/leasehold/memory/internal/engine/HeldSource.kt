package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.BlockSource
import dev.leasehold.memory.internal.block.Trace
import dev.leasehold.memory.internal.epoch.EpochView
import dev.leasehold.memory.internal.epoch.KeptView
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.hex

/** Where the memory of a [HeldBlock] comes from and goes to, and how it grows. Any thread. */
internal abstract class HeldSource(@JvmField val state: EngineState) : BlockSource() {
    /** Whether the bytes can only be read. A field, because each scope looks at it. */
    @JvmField
    var isReadOnly: Boolean = false

    /** Whether [resize] cuts the kept view off that stands in the way of giving a tail back. */
    open val cutsViews: Boolean get() = false

    /** Whether the memory of a block that was lost may go back: not where a file or a list leads to it. */
    open val returnsLost: Boolean get() = false

    /** Whether a block never has more memory than it has bytes. */
    open val isExact: Boolean get() = false

    /** Whether [move] is possible at all. */
    open val moves: Boolean get() = false

    /**
     * Makes the view that may be kept of the [size] bytes at [address], in a block of the kind [code] with [trace]; a
     * traced one, whose errors name its sites, gets an arena of its own.
     */
    abstract fun keptView(address: Long, size: Long, code: Int, trace: Trace?): KeptView

    /** [giveBack] for a block whose [view] lives on until its epoch retires. */
    open fun quarantine(view: EpochView, address: Long, code: Int, size: Long): Unit =
        error("views of this block have an arena of their own")

    /** Whether the block of the kind [code] gives memory back when it shrinks to [size] bytes. */
    open fun returnsTail(code: Int, size: Long): Boolean = false

    /**
     * Gives the block of the kind [code] at [address], which has [from] bytes, [size] bytes where it lies.
     *
     * @param alone whether no other thread and no view reaches its tail, so that this may go back
     * @return what kind it is then, or [NOT_HERE] when that is not possible; nothing has changed then
     */
    abstract fun resize(address: Long, code: Int, from: Long, size: Long, alone: Boolean): Int

    /**
     * Moves the bytes without a copy to where [size] bytes have room: the new address, or 0 when that is impossible.
     */
    open fun move(size: Long): Long = 0

    /** From which byte on memory that a [resize] or [move] adds is zero. */
    open val zeroFrom: Long get() = Long.MAX_VALUE

    /** What messages call the block of [size] bytes at [address]. */
    open fun describe(address: Long, size: Long): String = "Block of ${bytes(size)} at ${hex(address)}"

    companion object {
        /** What [resize] returns when the block must move. */
        const val NOT_HERE: Int = -1
    }
}
