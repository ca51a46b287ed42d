package dev.leasehold.memory.permanent

import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.SystemSpace
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.hex
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.util.concurrent.atomic.AtomicBoolean

/**
 * Memory of this process at a wanted address, which is not permanent. From [AddressSpace.allocatePrivate].
 *
 * **Ownership.** The code that allocates it closes it. **Threads.** Any. **Zeroed.** Yes.
 */
public class PrivateMemory private constructor(
    private val space: SystemSpace,
    private val arena: Arena,
    private val bytes: MemorySegment,
    private val mappedBytes: Long,
) : AutoCloseable {
    private val closed = AtomicBoolean()

    /** Where it begins. */
    public val address: Long get() = bytes.address()

    /** How many bytes it has, as requested. */
    public val size: Long get() = bytes.byteSize()

    /** Its bytes: a view that throws once this is closed. */
    @get:JvmSynthetic
    public val segment: Segment get() = Segment.of(bytes)

    /** [segment] for Java. */
    public fun asMemorySegment(): MemorySegment = bytes

    /**
     * Frees the memory: every view of it throws. Closing again does nothing.
     *
     * **Cost.** A handshake with all threads, tens of microseconds or more.
     *
     * @throws MemoryBusyException when a native call or an input/output operation uses it; nothing has changed
     */
    override fun close() {
        if (!closed.compareAndSet(false, true)) return
        try {
            if (arena.scope().isAlive) arena.close()
        } catch (busy: IllegalStateException) {
            closed.set(false)
            val what = "${bytes(size)} at ${hex(address)} are in use by a native call or an input/output operation"
            throw MemoryBusyException("$what: close them when that has ended", "private memory", size, busy)
        }
        try {
            space.unmap(address, mappedBytes)
        } finally {
            PermanentMemory.placed.giveBack(mappedBytes)
        }
    }

    /** Where it lies, for logs. */
    override fun toString(): String = "PrivateMemory(${bytes(size)} at ${hex(address)})"

    internal companion object {
        /** Allocates [size] bytes where [place] finds room for [pages] bytes; null when it finds none. */
        @JvmSynthetic
        inline fun allocate(
            size: Long,
            pages: Long,
            space: SystemSpace,
            place: (map: (address: Long) -> Long) -> Long,
        ): PrivateMemory? {
            val charge = PermanentMemory.placed
            charge.take(pages)
            var address = 0L
            var memory: PrivateMemory? = null
            try {
                val arena = Arena.ofShared()
                address = place { space.place(it, pages) }
                if (address == 0L) return null
                memory = PrivateMemory(space, arena, Platform.current.view(address, size, arena), pages)
            } finally {
                if (memory == null) {
                    if (address != 0L) space.unmap(address, pages)
                    charge.giveBack(pages)
                }
            }
            return memory
        }
    }
}
