@file:JvmSynthetic

package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.HelperThread
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

/** [startVirtual], but for a caller that has to know the thread before it starts: that is left to the caller. */
@InternalMemoryApi
public fun virtualThread(name: String, task: () -> Unit): Thread = Background.virtual(HelperThread.named(name), task)

/** Runs [task] once, after [delay], unless what is returned is closed before. It must be short and not block. */
@InternalMemoryApi
@IgnorableReturnValue
public fun schedule(delay: Duration, task: () -> Unit): AutoCloseable = Background.schedule(delay, task)

/**
 * Runs [task] after each [period], also after it has thrown, until what is returned is closed. It must be short and not
 * block.
 */
@InternalMemoryApi
public fun scheduleEvery(period: Duration, task: () -> Unit): AutoCloseable = Background.every(period, task)

/**
 * Runs [task] until it returns true: soon, and then with pauses of 1 ms that double up to 1 s. A task that throws is
 * over. It must be short and not block. While a task of an equal [key] waits, no other is added, but that one is run
 * soon.
 */
@InternalMemoryApi
public fun retryUntilDone(key: Any, task: () -> Boolean): Unit = Background.untilDone(key, task)
