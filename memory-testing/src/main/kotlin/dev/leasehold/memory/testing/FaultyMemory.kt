@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.testing

import dev.leasehold.memory.FixedMemoryPool
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.PoolOptions
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.internal.spi.Faults
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.ScriptedRefusal
import dev.leasehold.memory.internal.spi.faultyFixedPool
import dev.leasehold.memory.internal.spi.faultyManager
import dev.leasehold.memory.internal.spi.faultyPool
import dev.leasehold.memory.internal.spi.serveLine
import java.util.Collections
import java.util.WeakHashMap
import java.util.function.Consumer

/**
 * Memory that is refused or comes late where a script says so: what is there to happen on the one bad day, made to
 * happen in a test, at a chosen place.
 *
 * ```kotlin
 * val faulty = FaultyMemory { refuse(call = 3) }
 * val pool = faulty.pool("orders") { limit = 1.MiB }
 * ```
 *
 * Pools and managers that it makes are real ones: memory, limits, budgets, figures and messages are theirs. Only
 * requests for memory pass by the script first. A refused one looks as it does when memory is short:
 *
 * | request | what the caller meets |
 * |---|---|
 * | `rent`, `rentShared`, `allocate`, `allocatePages` | a [MemoryExhaustedException][dev.leasehold.memory.MemoryExhaustedException], which names the call |
 * | `tryRent`, `tryRentShared` | null |
 * | `rent` and `rentShared` with a timeout | a [RentTimeoutException][dev.leasehold.memory.RentTimeoutException], after that time, which names the call |
 * | `rent` of a `SuspendingPool` above | what waits there, waits; where the pool has no limit, it throws the first |
 *
 * A refused request that waits, waits until its time is over, it is cancelled, or [script] writes another script: that
 * ends the shortage, as a close of other leases does in earnest. Meanwhile it is in the pool's line, and no other
 * overtakes it.
 *
 * A `resize` that must move its block is a call, one that need not is none. A block without bytes needs no memory and is
 * no call.
 *
 * **Ownership.** The caller closes the pools and managers that it makes; this itself holds nothing.
 * **Threads.** Any. Calls of several threads are numbered as they come.
 * **Cost.** No request is served from a thread's cache: some hundred nanoseconds each. For tests.
 *
 * @sample dev.leasehold.memory.testing.samples.everyRefusalInTurn
 */
public class FaultyMemory private constructor() {
    @Volatile
    private var running = FaultScript().read()

    private val pools: MutableSet<MemoryPool> =
        Collections.synchronizedSet(Collections.newSetFromMap(WeakHashMap<MemoryPool, Boolean>()))

    private val faults = object : Faults {
        override fun refusalOfNext(): ScriptedRefusal? = running.next()

        override fun mayLendPages(): Boolean = running.mayLendPages()

        override fun refusalOfPages(): ScriptedRefusal? = running.refusalOfPages()
    }

    /** How many calls there were since the present script began. */
    public val calls: Long get() = running.calls

    /** How many of these [calls] the script has refused. */
    public val refusals: Long get() = running.refusals

    /**
     * Begins another script, in the place of the present one: the next call has the number 1. Requests that wait
     * because they were refused are served. With an empty block nothing is refused any more.
     *
     * @throws dev.leasehold.memory.MemoryConfigurationException when a line of the script is wrong; the present one
     *   goes on then
     */
    @JvmSynthetic
    public fun script(write: FaultScript.() -> Unit) {
        val next = FaultScript().apply(write).read()
        synchronized(this) {
            running.isOver = true
            running = next
        }
        synchronized(pools) { pools.toList() }.forEach { it.serveLine() }
    }

    /** [script] for Java: `faulty.script(s -> s.refuse(3))`. */
    public fun script(write: Consumer<in FaultScript>): Unit = script { write.accept(this) }

    // ---- pools ----

    /**
     * Makes a pool as [MemoryPool.isolated] does, whose requests pass by the script. The caller closes it.
     *
     * @throws dev.leasehold.memory.MemoryConfigurationException when the name is blank or figures contradict each other
     * @throws dev.leasehold.memory.BudgetClosedException when its budget is closed
     */
    @JvmSynthetic
    public fun pool(name: String, configure: PoolOptions.() -> Unit = {}): MemoryPool =
        faultyPool(name, faults, configure).also(pools::add)

    /** [pool] with the default options, for Java. */
    public fun pool(name: String): MemoryPool = pool(name) {}

    /** [pool] with the options that [configure] sets, for Java. */
    public fun pool(name: String, configure: Consumer<in PoolOptions>): MemoryPool =
        pool(name) { configure.accept(this) }

    /**
     * Makes a pool of equal chunks as [MemoryPool.fixed] does, whose requests pass by the script. The caller closes it.
     *
     * Its region is one loan of the system, and taken at once: what [FaultScript.refusePages] refuses is this call.
     * Throws what [MemoryPool.fixed] does.
     */
    @JvmSynthetic
    public fun fixed(
        name: String,
        blockSize: Long,
        blockCount: Int,
        alignment: Long = CACHE_LINE,
        configure: PoolOptions.() -> Unit = {},
    ): FixedMemoryPool = faultyFixedPool(name, blockSize, blockCount, alignment, faults, configure).also(pools::add)

    /** [fixed] with the default options, for Java. */
    public fun fixed(name: String, blockSize: Long, blockCount: Int): FixedMemoryPool =
        fixed(name, blockSize, blockCount, CACHE_LINE) {}

    /** [fixed] with the options that [configure] sets, for Java. */
    public fun fixed(
        name: String,
        blockSize: Long,
        blockCount: Int,
        alignment: Long,
        configure: Consumer<in PoolOptions>,
    ): FixedMemoryPool = fixed(name, blockSize, blockCount, alignment) { configure.accept(this) }

    // ---- managers ----

    /**
     * Makes a manager as [SystemMemoryManager] does, whose requests pass by the script. The caller closes it.
     *
     * @throws dev.leasehold.memory.MemoryConfigurationException when the name is blank or figures contradict each other
     * @throws dev.leasehold.memory.BudgetClosedException when its budget is closed
     */
    @JvmSynthetic
    public fun manager(name: String, configure: ManagerOptions.() -> Unit = {}): SystemMemoryManager =
        faultyManager(name, faults, configure)

    /** [manager] with the default options, for Java. */
    public fun manager(name: String): SystemMemoryManager = manager(name) {}

    /** [manager] with the options that [configure] sets, for Java. */
    public fun manager(name: String, configure: Consumer<in ManagerOptions>): SystemMemoryManager =
        manager(name) { configure.accept(this) }

    /** The script's [calls] and [refusals] of this moment, for messages of tests. */
    override fun toString(): String = "FaultyMemory ($refusals of $calls calls were refused)"

    /** Makes them. */
    public companion object {
        // What MemoryPool.fixed has by default.
        private const val CACHE_LINE = 64L

        /**
         * Makes memory that follows a script from its first call on: `FaultyMemory { refuse(call = 3) }`.
         *
         * @throws dev.leasehold.memory.MemoryConfigurationException when a line of the script is wrong
         */
        @JvmSynthetic
        public operator fun invoke(write: FaultScript.() -> Unit = {}): FaultyMemory =
            FaultyMemory().also { it.script(write) }

        /** Makes memory that refuses nothing until it gets another script, for Java. */
        @JvmStatic
        public fun of(): FaultyMemory = FaultyMemory()

        /** Makes memory that follows a script, for Java: `FaultyMemory.of(s -> s.refuse(3))`. */
        @JvmStatic
        public fun of(write: Consumer<in FaultScript>): FaultyMemory = FaultyMemory().also { it.script(write) }
    }
}
