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

/** Runs [task] once, after [delay], unless what is returned is closed before. It must be short and not block. */
@InternalMemoryApi
@IgnorableReturnValue
public fun schedule(delay: Duration, task: () -> Unit): AutoCloseable = Background.schedule(delay, task)
