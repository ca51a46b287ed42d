@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines

import dev.leasehold.memory.internal.InternalMemoryApi
import dev.leasehold.memory.internal.LeaseKeeper
import kotlin.coroutines.CoroutineContext

/** Knows which coroutine a lease was rented for, when its bytes are accounted for elsewhere. */
internal class Witness(private val context: CoroutineContext) : LeaseKeeper {
    override val renter: String get() = Renter.describe(context)

    override fun describe(name: String?): String = renter

    override fun leaseEnded(): Unit = Unit
}
