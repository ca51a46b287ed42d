@file:JvmSynthetic

package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.internal.typed.OwnedMemory
import dev.leasehold.memory.typed.MemoryLocation
import dev.leasehold.memory.typed.SharedBuffer
import dev.leasehold.memory.typed.TypedBuffer
import dev.leasehold.memory.typed.TypedMemoryClosedException
import dev.leasehold.memory.typed.UniqueBuffer
import dev.leasehold.memory.typed.locationOf
import dev.leasehold.memory.typed.refuse
import java.lang.foreign.MemorySegment

/**
 * The bytes of a buffer, which stay where they are until [leave], also when the buffer is closed meanwhile: for a
 * transfer, which knows them by their address. All that is asked of them is asked here: the buffer may get other memory
 * meanwhile. Any thread; [leave] is called once.
 */
@InternalMemoryApi
public class HeldBytes internal constructor(private val memory: OwnedMemory) {
    /** Where the first byte lies: a device's address where the buffer lies on a device. */
    public val address: Long = memory.address

    /** How many there are. */
    public val size: Long = memory.size

    /** Whether they must not be written to. */
    public val isReadOnly: Boolean = memory.isReadOnly

    /** Where they lie. */
    public val location: MemoryLocation = locationOf(memory.home)

    /** The number of the device that it lies on, or whose pinned or unified memory it is; -1 for none. */
    public val device: Int = memory.home.device

    /**
     * The memory itself where it was adopted with an arena of its own: somebody may close that, so [address] is good
     * only inside of a native call that is given this. Null for all other memory.
     */
    public val ownArena: MemorySegment? = memory.ownArena

    /** Ends the hold. When the buffer was closed meanwhile, its memory goes back now. */
    public fun leave(): Unit = memory.leave()
}

/**
 * Begins a use of the bytes of this buffer.
 *
 * @throws TypedMemoryClosedException when this buffer has no memory any more, or the arena of what it adopted is closed
 */
@InternalMemoryApi
public fun TypedBuffer<*>.hold(): HeldBytes {
    val held = when (this) {
        is UniqueBuffer -> tenure.hold() ?: refuse(this, "transferred")
        is SharedBuffer -> tenure.hold() ?: refuse(this, "transferred")
    }
    try {
        if (held.ownArena?.scope()?.isAlive == false) throw arenaClosed()
        return HeldBytes(held)
    } catch (failure: Throwable) {
        // The heap is full, or the like: the hold must not be lost with it.
        held.leave()
        throw failure
    }
}

private fun TypedBuffer<*>.arenaClosed() = TypedMemoryClosedException(
    "$this was transferred after the arena of the memory that it adopted had been closed: close that arena by the " +
        "buffer's release action",
)
