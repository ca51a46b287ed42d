package dev.leasehold.memory.typed

import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE

/**
 * An object in an [ObjectPool] that its holder owns: closed, it is freed.
 *
 * **Ownership.** The code that allocated it closes it. A second close does nothing; so does one after the object was
 * [recovered][recoverBytes], or freed through its [handle].
 * **Threads.** Any. Of a close and a recover that race one ends the object, and the slot comes back once.
 * **Cost.** No object on the heap where it does not leave the method that allocated it.
 *
 * @property pool where it lives
 */
public class PooledObject<E> internal constructor(public val pool: ObjectPool<E>, handle: Handle) : AutoCloseable {
    private val bits = handle.bits

    /** Its name, which may be handed out and stored: it names this object as long as it lives, and then nothing. */
    @get:JvmName("getHandle")
    public val handle: Handle get() = Handle(bits)

    /** Whether the object lives. A moment's truth where other threads may free it. */
    public val isAlive: Boolean get() = handle in pool

    /**
     * Its memory: the named crossing to the platform's type, and what Java uses.
     *
     * @throws StaleHandleException when the object does not live
     */
    public fun asMemorySegment(): MemorySegment = pool.asMemorySegment(handle)

    /**
     * Copies the object's bytes to a new array, which is the caller's, and frees it.
     *
     * @throws StaleHandleException when the object does not live, or another thread ended it first
     */
    public fun recoverBytes(): ByteArray {
        val copy = asMemorySegment().toArray(JAVA_BYTE)
        if (!pool.free(handle)) {
            // It ended meanwhile: this says so.
            val _ = pool.asMemorySegment(handle)
        }
        return copy
    }

    /** Frees the object, if it lives. */
    override fun close() {
        pool.free(handle)
    }

    /** The handle and the pool. */
    override fun toString(): String = "PooledObject($handle of '${pool.name}')"
}
