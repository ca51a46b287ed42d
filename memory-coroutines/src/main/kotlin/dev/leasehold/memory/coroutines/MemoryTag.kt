@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.layTagOn
import dev.leasehold.memory.internal.spi.takeTagOff
import kotlinx.coroutines.ThreadContextElement
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.CoroutineContext

/**
 * Lets reports call [name] all that a coroutine and its children take: a use case, a tenant, a kind of request. It is
 * `LeakDetection.tagged` for code that suspends, and goes with the coroutine from thread to thread. Of a tag inside of
 * another the inner counts.
 *
 * **Threads.** Any that runs the coroutine; it is off the thread while the coroutine is suspended. **Cost.** Some ten
 * nanoseconds at each resumption, and nothing for what is taken.
 *
 * @property name what reports say of a lease or a block, as `as 'import'`
 */
public class MemoryTag(public val name: String) :
    AbstractCoroutineContextElement(MemoryTag),
    ThreadContextElement<Any?> {
    /** Finds the tag of a coroutine in its context. */
    public companion object Key : CoroutineContext.Key<MemoryTag>

    /** Lays the tag on the thread that runs the coroutine from now on. */
    override fun updateThreadContext(context: CoroutineContext): Any? = layTagOn(name)

    /** Takes it off again. */
    override fun restoreThreadContext(context: CoroutineContext, oldState: Any?): Unit = takeTagOff(oldState)

    /** `MemoryTag(import)`. */
    override fun toString(): String = "MemoryTag($name)"
}
