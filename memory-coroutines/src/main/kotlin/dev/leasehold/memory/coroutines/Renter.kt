package dev.leasehold.memory.coroutines

import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.Job
import kotlin.coroutines.CoroutineContext

/** Names a coroutine in messages. */
internal object Renter {
    /** The coroutine of [context], by its name, if it has one, and its job; or the thread, where there is none. */
    fun describe(context: CoroutineContext?): String {
        if (context == null) return ofThread(Thread.currentThread())
        val name = context[CoroutineName]?.let { "coroutine '${it.name}'" } ?: "a coroutine"
        return context[Job]?.let { "$name ($it)" } ?: name
    }

    private fun ofThread(thread: Thread) =
        (if (thread.isVirtual) "virtual thread" else "thread") + " '${thread.name}' (#${thread.threadId()})"
}
