@file:JvmSynthetic

package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.FixedMemoryPool
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.PoolOptions
import dev.leasehold.memory.SystemMemoryManager

/** Decides which requests meet a fault, of the pools and managers that are made with it. Any thread. */
@InternalMemoryApi
public interface Faults {
    /**
     * A request of the calling thread, which holds no lock and may be kept here for a while, is about to take memory:
     * why it gets none, or null when it may go on.
     */
    public fun refusalOfNext(): ScriptedRefusal?

    /** The system is about to lend pages: whether it may. Called under locks. */
    public fun mayLendPages(): Boolean

    /** Why the system lends no pages now; null when it would. */
    public fun refusalOfPages(): ScriptedRefusal?
}

/**
 * A refusal that was wanted.
 *
 * @property why in words: who refused what, and the remedy
 */
@InternalMemoryApi
public abstract class ScriptedRefusal(public val why: String) {
    /** Whether a request that waits since then still gets nothing. Called under locks. */
    public abstract val holds: Boolean
}

/** [MemoryPool.isolated] whose requests meet [faults]. */
@InternalMemoryApi
public fun faultyPool(name: String, faults: Faults, configure: PoolOptions.() -> Unit): MemoryPool =
    MemoryPool.make(name, PoolOptions().apply(configure), FaultyPlatform(faults)) { FaultyEngine(it, faults) }

/** [MemoryPool.fixed] whose requests meet [faults]. */
@InternalMemoryApi
public fun faultyFixedPool(
    name: String,
    blockSize: Long,
    blockCount: Int,
    alignment: Long,
    faults: Faults,
    configure: PoolOptions.() -> Unit,
): FixedMemoryPool {
    val options = PoolOptions().apply(configure)
    return FixedMemoryPool.make(name, blockSize, blockCount, alignment, options, FaultyPlatform(faults)) {
        FaultyEngine(it, faults)
    }
}

/** [SystemMemoryManager] whose requests meet [faults]. */
@InternalMemoryApi
public fun faultyManager(name: String, faults: Faults, configure: ManagerOptions.() -> Unit): SystemMemoryManager =
    SystemMemoryManager.make(name, ManagerOptions().apply(configure), FaultyPlatform(faults)) {
        FaultyEngine(it, faults)
    }

/** Serves what waits in the pool's line, after its [Faults] have changed. */
@InternalMemoryApi
public fun MemoryPool.serveLine() {
    if (engine.line.length > 0) engine.collectForLine()
}
