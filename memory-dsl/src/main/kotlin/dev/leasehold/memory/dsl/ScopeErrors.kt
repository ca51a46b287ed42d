@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.dsl

import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MemoryThreadException
import dev.leasehold.memory.internal.spi.InternalMemoryApi

/** A scope was used after it had ended. The message names the scope, its site and the refused call. */
public class ScopeClosedException internal constructor(message: String) : MemoryException(message)

/** A scope was used on a thread that did not open it. Nothing was rented, and the scope is as it was. */
public class ScopeThreadException internal constructor(message: String) : MemoryThreadException(message)

/** The exception for a scope of another module that has ended. */
@InternalMemoryApi
@JvmSynthetic
public fun scopeClosed(message: String): ScopeClosedException = ScopeClosedException(message)
