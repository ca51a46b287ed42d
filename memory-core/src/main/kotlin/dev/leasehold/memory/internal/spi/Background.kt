@file:JvmSynthetic

package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.HelperThread
import dev.leasehold.memory.internal.platform.StackRoom
import dev.leasehold.memory.internal.platform.Upkeep
import kotlin.time.Duration

// Work off the callers' paths, for the library's other modules. What a task throws goes to the log.

/**
 * Starts a virtual thread for [task]. It inherits no context class loader and no inheritable thread locals.
 *
 * @param name one of the names that `HelperThread` lists
 */
@InternalMemoryApi
@IgnorableReturnValue
public fun startVirtual(name: String, task: () -> Unit): Thread =
    Background.startVirtual(HelperThread.named(name), task)

/** Whether this is the library's background thread, on which no code of users may run. */
@InternalMemoryApi
public val isBackground: Boolean get() = HelperThread.BACKGROUND.isCurrent

/** Runs [task] once, after [delay]; false when the heap is too full for that. It must be short and not block. */
@InternalMemoryApi
public fun trySchedule(delay: Duration, task: () -> Unit): Boolean = Background.trySchedule(delay, task)

/**
 * What is left over when the heap or the stack was full, and is done by the library's background thread, about a second
 * later.
 *
 * @param look does it; false when nothing is left. Short, without code of users
 */
@InternalMemoryApi
public class LeftOver(look: () -> Boolean) {
    private val upkeep = object : Upkeep() {
        override fun look(): Boolean = look()
    }

    /** Something is left. Never fails, and allocates nothing. */
    public fun expect(): Unit = upkeep.expect()
}

/**
 * Goes [calls] deep, as what is about to take steps that belong together.
 *
 * @throws StackOverflowError when there is no room for them; nothing has changed then
 */
@InternalMemoryApi
public fun requireStack(calls: Int): Unit = StackRoom.require(calls)
