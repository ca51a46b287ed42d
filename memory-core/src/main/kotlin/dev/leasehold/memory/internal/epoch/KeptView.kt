package dev.leasehold.memory.internal.epoch

import dev.leasehold.memory.internal.block.Arenas
import dev.leasehold.memory.internal.platform.Platform
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment

/**
 * The view of one block that any thread may keep, and what ends it.
 *
 * @property raw the bytes
 */
internal sealed class KeptView(@JvmField val raw: MemorySegment) {
    /** The same with a view of the [size] bytes at [address] of the same block, which lives as long. */
    abstract fun resized(platform: Platform, address: Long, size: Long): KeptView

    /** Ends a view that no caller has seen. */
    abstract fun cancel()
}

/** A view in an arena of its own: it can be cut off at once, and then the block's memory can be reused at once. */
internal class OwnView(raw: MemorySegment, private val arena: Arena?, private val arenas: Arenas) : KeptView(raw) {
    override fun resized(platform: Platform, address: Long, size: Long): KeptView =
        OwnView(platform.view(address, size, arena), arena, arenas)

    /**
     * Cuts the view off.
     *
     * @throws IllegalStateException while a native call or an input/output operation uses it; nothing has changed then
     */
    fun cut() {
        if (arena != null) arenas.close(arena)
    }

    override fun cancel(): Unit = cut()
}

/** A view that is cut off with the others of its [epoch]; until then its block, when closed, waits in quarantine. */
internal class EpochView(raw: MemorySegment, private val epoch: Epoch) : KeptView(raw) {
    /** The block that waits, once it does: where it lies and what kind it is. */
    var address: Long = 0
        private set
    var code: Int = 0
        private set

    /** The next of the blocks that wait in the same epoch. */
    @JvmField var next: EpochView? = null

    override fun resized(platform: Platform, address: Long, size: Long): KeptView =
        EpochView(platform.view(address, size, epoch.arena), epoch)

    override fun cancel(): Unit = epoch.leave(null)

    /** Lets the block at [address], of the kind [code], wait until the epoch retires. */
    fun quarantine(address: Long, code: Int) {
        this.address = address
        this.code = code
        epoch.leave(this)
    }
}
