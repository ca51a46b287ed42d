package dev.leasehold.memory.typed

import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.internal.typed.HeldSlots
import dev.leasehold.memory.internal.typed.SlotShape
import java.lang.foreign.MemorySegment
import java.util.function.Consumer
import java.util.function.Function

/**
 * An [ObjectPool] whose objects can be [held][hold] against a free on another thread.
 *
 * A free while somebody holds the object takes effect at once: the handle names nothing any more, and nobody can begin
 * to hold it. Its slot is used again when the last has let go.
 *
 * **Cost.** Every free is a compare-and-set, and every hold two atomic operations. The thread that frees keeps the slot
 * for its own next object, also where another thread allocated it.
 */
public class HoldableObjectPool<E> private constructor(
    name: String,
    type: ElementType<E>,
    shape: SlotShape,
    private val slots: HeldSlots,
) : ObjectPool<E>(name, type, shape, slots) {
    /** Begins to hold [handle]'s object; null when it does not live. Ended by [endHold]. */
    @PublishedApi
    @JvmName("beginHold")
    internal fun beginHold(handle: Handle): MemorySegment? {
        if (!slots.hold(handle.bits)) return null
        try {
            return checkNotNull(slots.segmentOf(handle.bits)) { "the memory of an object went while it was held" }
        } catch (failure: Throwable) {
            // The heap is full.
            slots.letGo(handle.bits)
            throw failure
        }
    }

    /** Ends what [beginHold] began. */
    @PublishedApi
    @JvmName("endHold")
    internal fun endHold(handle: Handle): Unit = slots.letGo(handle.bits)

    /**
     * [hold] for Java: runs [action] with the object's memory; null when the object does not live.
     */
    @JvmName("holdMemorySegment")
    public fun <R : Any> holdMemorySegment(handle: Handle, action: Function<in MemorySegment, out R>): R? {
        val segment = beginHold(handle) ?: return null
        try {
            return action.apply(segment)
        } finally {
            endHold(handle)
        }
    }

    /** Makes pools. */
    public companion object {
        /**
         * Makes a pool of objects of [type], which can be held. The caller closes it.
         *
         * @param name what figures and errors call it
         * @param configure sets its options
         * @throws InvalidSizeException when objects have no bytes, or the batch size or the capacity is not positive, or
         *   a batch is more than the manager can allocate at once
         * @throws InvalidAlignmentException when an alignment is no power of two up to the page size
         * @throws MemoryConfigurationException when the name is blank
         */
        @JvmSynthetic
        public operator fun <E> invoke(
            name: String,
            type: ElementType<E>,
            configure: ObjectPoolOptions.() -> Unit = {},
        ): HoldableObjectPool<E> = make(name, type, ObjectPoolOptions().apply(configure))

        /** Makes a pool with the default options, for Java. The caller closes it. */
        @JvmStatic
        public fun <E> of(name: String, type: ElementType<E>): HoldableObjectPool<E> =
            make(name, type, ObjectPoolOptions())

        /** Makes a pool with the options that [configure] sets, for Java. The caller closes it. */
        @JvmStatic
        public fun <E> of(
            name: String,
            type: ElementType<E>,
            configure: Consumer<in ObjectPoolOptions>,
        ): HoldableObjectPool<E> = make(name, type, ObjectPoolOptions().also(configure::accept))

        private fun <E> make(name: String, type: ElementType<E>, options: ObjectPoolOptions): HoldableObjectPool<E> {
            val shape = options.shapeOf(name, type)
            return HoldableObjectPool(name, type, shape, HeldSlots(shape, options.manager, name))
        }
    }
}
