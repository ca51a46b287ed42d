package dev.leasehold.memory.internal.cache

import dev.leasehold.memory.internal.platform.awaitWhile
import java.util.concurrent.atomic.AtomicInteger

/**
 * Whether the one thread that owns this is in a region of a few instructions, which takes no lock, waits for nothing
 * and calls nothing that could throw. See [ThreadCache] and [Bias] for what the region is good for.
 *
 * It is an [AtomicInteger], and has none: what that class does is known to the JVM as single instructions, while a
 * variable handle is ten calls, each of which the compiler has to follow before it sees that. There is a limit to how
 * much it follows in one method, and beyond that it inlines no more, and leases become garbage.
 */
internal open class BusyRegion : AtomicInteger() {
    /** Begins the region. Owner only; [leave] follows with nothing in between that could throw. */
    fun enter(): Unit = setOpaque(1)

    /** Ends the region. */
    fun leave(): Unit = setRelease(0)

    /** Waits, as another thread after a fence, until the owner has left the region. */
    fun awaitIdle(): Unit = awaitWhile { acquire != 0 }

    override fun toByte(): Byte = get().toByte()

    override fun toShort(): Short = get().toShort()
}
