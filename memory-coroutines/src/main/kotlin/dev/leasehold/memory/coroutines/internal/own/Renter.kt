@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.own

import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.describeThread
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.Job
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.CoroutineContext

/** Names a coroutine, or a thread, in messages. */
internal object Renter {
    /** The coroutine of [context], by its name, if it has one, and its job; or the thread, where there is none. */
    fun describe(context: CoroutineContext?): String {
        if (context == null) return describeThread(Thread.currentThread())
        context[RentingThread]?.let { return describeThread(it.thread) }
        val name = context[CoroutineName]?.let { "coroutine '${it.name}'" } ?: "a coroutine"
        return context[Job]?.let { "$name ($it)" } ?: name
    }
}

/** Stands for the context of a rent by a [thread], which has none: it is named long after, and then by others. */
internal class RentingThread private constructor(val thread: Thread) : AbstractCoroutineContextElement(Key) {
    companion object Key : CoroutineContext.Key<RentingThread> {
        fun current(): RentingThread = RentingThread(Thread.currentThread())
    }
}
