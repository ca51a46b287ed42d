@file:JvmSynthetic

package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.internal.platform.Log

/** The library's logger, `dev.leasehold.memory`. */
@InternalMemoryApi
public val libraryLogger: System.Logger get() = Log.logger

/** Logs a warning. Inlined, so that the record names the calling class. */
@InternalMemoryApi
@Suppress("NOTHING_TO_INLINE")
public inline fun logWarning(message: String): Unit = libraryLogger.log(System.Logger.Level.WARNING, message)
