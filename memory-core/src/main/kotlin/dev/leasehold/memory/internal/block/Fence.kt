package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.cache.ThreadCache
import java.lang.foreign.Arena

/** The revoker's side of [ThreadCache]'s protocol. */
internal object Fence {
    /**
     * Makes every thread of the virtual machine pass a handshake: what it did before is visible to the caller
     * afterwards, and what it does later sees what the caller did before. That is how closing a shared arena is
     * specified to work; here it is all that is wanted of it. Tens of microseconds.
     */
    fun everyThread() = Arena.ofShared().close()
}
