package dev.leasehold.memory

import dev.leasehold.memory.internal.access.AccessFailures.hex
import dev.leasehold.memory.internal.block.BlockHome
import dev.leasehold.memory.internal.block.GuardBytes
import dev.leasehold.memory.internal.block.LeaseTrace
import dev.leasehold.memory.internal.engine.SlabEngine
import dev.leasehold.memory.internal.engine.Taken
import java.util.concurrent.ConcurrentHashMap

/** The blocks that a manager which traces sites, or is checked, has given out. Any thread. */
internal class BlockWatchers {
    private val watches: MutableSet<BlockWatch> = ConcurrentHashMap.newKeySet()

    fun add(watch: BlockWatch) {
        watches.add(watch)
    }

    fun remove(watch: BlockWatch) {
        watches.remove(watch)
    }

    /** Ends the watch over all of them: they were taken back, and nobody has forgotten them. */
    fun clear() {
        for (watch in watches) watch.stop()
    }

    /** One line for each block, the largest first, and how many more there are. */
    fun dump(): String {
        val all = watches.sortedByDescending { it.size }
        val lines = all.take(MOST_LINES).map { "\n  " + it.describe() }
        val more = if (all.size > MOST_LINES) "\n  and ${all.size - MOST_LINES} more" else ""
        return lines.joinToString("") + more
    }

    private companion object {
        const val MOST_LINES = 50
    }
}

/**
 * Stands between one block and where its memory goes: knows where it was allocated and closed, and, in a checked manager,
 * looks at the bytes around it.
 */
internal class BlockWatch(
    private val engine: SlabEngine,
    private val taken: Taken,
    size: Long,
    private val guards: GuardBytes?,
    private val watchers: BlockWatchers,
    private val managerName: String,
) : BlockHome(taken.home.owner, managerName) {
    /** How many bytes the block has. */
    @Volatile
    var size: Long = size
        private set

    val trace: LeaseTrace = LeaseTrace.ofBlock(managerName, size)

    /** Where the block begins. */
    val address: Long get() = taken.address + (guards?.front ?: 0)

    // What is freed must be filled before anybody else has it, and after the views are cut off.
    override val wantsOwnArena: Boolean get() = true

    /** Begins the watch. */
    fun start() {
        guards?.lay(taken.address, size)
        watchers.add(this)
        if (engine.cleared) stop()
    }

    /** Ends it. */
    fun stop() {
        trace.ended()
        watchers.remove(this)
    }

    override fun giveBack(address: Long, code: Int, size: Long) {
        // All memory was taken back, and these bytes with it.
        if (engine.cleared) return stop()
        val damage = guards?.damage(taken.address, this.size)
        guards?.fillFreed(taken.address, this.size)
        stop()
        taken.home.giveBack(taken.address, taken.code, guards?.around(this.size) ?: size)
        // Last, so that a block that was written past its end is not lost as well.
        if (damage != null &&
            !engine.cleared
        ) {
            throw BlockRefusals.damaged(managerName, describeBlock(), this.size, damage, trace)
        }
    }

    override fun bytesOf(code: Int): Long = taken.home.bytesOf(taken.code)

    override fun describe(address: Long, size: Long): String = taken.home.describe(address, size)

    // What is checked always moves: that is how holders of an old view are found.
    override fun tryKeep(code: Int, size: Long): Boolean {
        if (guards != null || size > bytesOf(code)) return false
        this.size = size
        return true
    }

    private fun describeBlock() = "${describe(address, size)} from manager '$managerName'"

    /** The block in one line, with its site. */
    fun describe(): String = "$size bytes at ${hex(address)}, ${trace.origin()}"
}
