package dev.leasehold.memory.internal.manager

import dev.leasehold.memory.internal.block.Attachment
import dev.leasehold.memory.internal.block.GuardBytes
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.hex
import java.util.concurrent.ConcurrentHashMap

/** The blocks that a manager which traces sites, or is checked, has given out. Any thread. */
internal class WatchedBlocks {
    private val all: MutableSet<WatchedBlock> = ConcurrentHashMap.newKeySet()

    fun add(block: WatchedBlock) {
        all.add(block)
    }

    fun remove(block: WatchedBlock) {
        all.remove(block)
    }

    /** Ends the watch over all of them: they were taken back, and were not forgotten. */
    fun clear() {
        for (block in all) block.ended()
    }

    /** One line for each block, the largest first, and how many more there are. */
    fun list(): String {
        val largest = all.sortedByDescending { it.size }
        val lines = largest.take(MOST_LINES).map { "\n  " + it.line() }
        val more = if (largest.size > MOST_LINES) "\n  and ${largest.size - MOST_LINES} more" else ""
        return lines.joinToString("") + more
    }

    private companion object {
        const val MOST_LINES = 50
    }
}

/**
 * What comes with one block of [size] bytes at [address] that is watched: its sites, and, in a checked manager, the
 * [guards] around it. It does not know the block, which must become garbage to be reported when it was forgotten.
 *
 * @param damaged makes the exception for bytes around the block that were overwritten
 */
internal class WatchedBlock(
    private val list: WatchedBlocks,
    private val address: Long,
    size: Long,
    private val guards: GuardBytes?,
    private val damaged: (GuardBytes.Damage, WatchedBlock) -> RuntimeException,
) : Attachment() {
    /** How many bytes the block has. */
    @Volatile
    var size: Long = size
        private set

    override val front: Long get() = guards?.front ?: 0

    override fun around(size: Long): Long = guards?.around(size) ?: size

    // So that holders of an old view are found.
    override val movesAlways: Boolean get() = guards != null

    override fun resized(size: Long) {
        this.size = size
    }

    /** Begins the watch. */
    fun begin() {
        guards?.lay(address - front, size)
        list.add(this)
    }

    override fun freeing(address: Long, size: Long): RuntimeException? {
        if (guards == null) return null
        val damage = guards.damage(address - front, size)
        guards.fillFreed(address - front, size)
        return damage?.let { damaged(it, this) }
    }

    override fun ended() {
        super.ended()
        list.remove(this)
    }

    /** The block in one line, with its site. */
    fun line(): String = "${bytes(size)} at ${hex(address)}, ${trace?.origin()}"
}
