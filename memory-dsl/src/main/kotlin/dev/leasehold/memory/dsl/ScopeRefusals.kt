@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.dsl

import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.describeThread

/** The messages of a scope that refuses: which scope, what happened, what to do. */
internal object ScopeRefusals {
    fun of(scope: String, thread: Thread, closed: Boolean): MemoryException = if (closed) {
        ScopeClosedException("$scope has ended; rent and allocate while its body runs, or open another one")
    } else {
        ScopeThreadException(
            "$scope belongs to ${describeThread(thread)} and was used on " +
                "${describeThread(Thread.currentThread())}; " +
                "open a scope on each thread, and use rentShared for memory that changes threads",
        )
    }
}
