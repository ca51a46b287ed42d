package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.PackedBlock
import dev.leasehold.memory.internal.block.Tenure
import dev.leasehold.memory.internal.platform.Platform
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment

/** The any-thread views of one block: what ends with them, and the newest. Made when the first is asked for. */
internal class Tenancy private constructor(
    private val tenure: Tenure,
    private val ticket: Int,
    private val arena: Arena?,
    /** The view of as many bytes as the block had when it was made. */
    @JvmField val raw: MemorySegment,
) {
    /** Whether [end] frees the block at once, because the views can be cut off by themselves. */
    val isExact: Boolean get() = tenure.exact

    /** The same with a view of [size] bytes at [address], which lives as long as the others. */
    fun resized(platform: Platform, address: Long, size: Long): Tenancy =
        Tenancy(tenure, ticket, arena, platform.view(address, size, arena))

    /**
     * Ends every view of the block at [address], and the block's time: [code] says what kind it is, [size] how many
     * bytes it has.
     *
     * @throws IllegalStateException when the views cannot be cut off now; then nothing has changed
     */
    fun end(address: Long, code: Int, size: Long): Unit = tenure.end(address, PackedBlock.word(code, ticket), size)

    /** Ends the views, which nobody has seen or which are [isExact], and leaves the block alone. */
    fun cancel(): Unit = tenure.cancel()

    companion object {
        /** Views of [size] bytes for the block that was [placed]. */
        fun of(placed: Placed, platform: Platform, size: Long): Tenancy {
            try {
                val raw = platform.view(placed.address, size, placed.arena)
                return Tenancy(placed.tenure, PackedBlock.ticketOf(placed.word), placed.arena, raw)
            } catch (failure: Throwable) {
                placed.tenure.cancel()
                throw failure
            }
        }
    }
}
