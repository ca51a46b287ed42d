@file:JvmSynthetic

package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.internal.engine.WaitCounts
import dev.leasehold.memory.internal.pool.Lending

/** What lends a pool's memory on, in a line of its own. Its figures are read at any time, by any thread. */
@InternalMemoryApi
public abstract class PoolLender {
    /** Whether it lends no more. */
    public abstract val isClosed: Boolean

    /** How many bytes may be out, as they were requested. */
    public abstract val capacity: Long

    /** How many bytes are out. */
    public abstract val used: Long

    /** How many requests wait in its line now. */
    public abstract val waiters: Int

    /** How requests have waited in its line. */
    public abstract val waits: LineWaits

    // The pool holds this weakly, and so that there is as long as its lender.
    internal val lending: Lending = View()

    private inner class View : Lending {
        override val isClosed: Boolean get() = this@PoolLender.isClosed
        override val capacity: Long get() = this@PoolLender.capacity
        override val used: Long get() = this@PoolLender.used
        override val waiters: Int get() = this@PoolLender.waiters
        override val waits: WaitCounts get() = this@PoolLender.waits.counts
    }
}

/** Lets [lender] stand in the lists of the pool, which do not keep it. */
@InternalMemoryApi
public fun MemoryPool.enlist(lender: PoolLender): Unit = lendings.add(lender.lending)
