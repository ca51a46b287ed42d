@file:JvmSynthetic

package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.diagnostics.HeldMemory
import dev.leasehold.memory.internal.block.Losses
import dev.leasehold.memory.internal.block.Trace
import dev.leasehold.memory.internal.block.Traces

/** One lease or block that is watched, and can be told from all others. Keeps no memory. */
@InternalMemoryApi
public class WatchedMemory internal constructor(private val trace: Trace) {
    /** What is known of it. */
    public fun held(): HeldMemory = HeldMemory(trace)

    /** Whether [other] is the same lease or block. */
    override fun equals(other: Any?): Boolean = other is WatchedMemory && trace === other.trace

    /** As [equals]. */
    override fun hashCode(): Int = System.identityHashCode(trace)
}

/** All that is watched and was not closed, but what every listener of [onLoss] knows of. */
@InternalMemoryApi
public fun watchedMemory(): Set<WatchedMemory> = Traces.allOut().mapTo(HashSet(), ::WatchedMemory)

/** Calls [listener] with all that is found lost, on a thread of the library, until what is returned is closed. */
@InternalMemoryApi
public fun onLoss(listener: (WatchedMemory) -> Unit): AutoCloseable =
    Losses.listen { listener(WatchedMemory(it.trace)) }
