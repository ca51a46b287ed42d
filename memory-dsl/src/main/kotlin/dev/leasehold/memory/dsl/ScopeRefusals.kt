package dev.leasehold.memory.dsl

/** The messages of a scope that refuses: which scope, what happened, what to do. */
internal object ScopeRefusals {
    fun of(scope: String, thread: Thread, closed: Boolean): IllegalStateException = if (closed) {
        ScopeClosedException("$scope has ended; rent and allocate while its body runs, or open another one")
    } else {
        ScopeThreadException(
            "$scope belongs to ${describe(thread)} and was used on ${describe(Thread.currentThread())}; " +
                "open a scope on each thread, and use rentShared for memory that changes threads",
        )
    }

    private fun describe(thread: Thread) =
        (if (thread.isVirtual) "virtual thread" else "thread") + " '${thread.name}' (#${thread.threadId()})"
}
