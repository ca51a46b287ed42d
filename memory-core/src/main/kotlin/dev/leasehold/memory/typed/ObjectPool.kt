package dev.leasehold.memory.typed

import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.internal.typed.OwnedSlots
import dev.leasehold.memory.internal.typed.SlotMessages
import dev.leasehold.memory.internal.typed.SlotShape
import dev.leasehold.memory.internal.typed.Slots
import java.lang.foreign.MemorySegment
import java.lang.invoke.VarHandle
import java.util.function.Consumer
import java.util.function.Function
import java.util.function.LongConsumer

/**
 * Objects of one type off the heap, allocated in batches, each in a slot whose address never changes.
 *
 * ```
 * val particles = ObjectPool("particles", Particle) { capacity = 1_000_000 }
 * val handle = particles.allocateHandle()
 * particles[handle][Particle.x] = 1f
 * particles.free(handle)
 * particles.find(handle)                      // null, for ever
 * ```
 *
 * There are two ways to an object. A [PooledObject] owns it, and frees it when it is closed. A [Handle] names it: a
 * number, which is nobody's name any more once the object is freed. What a reader may do while *another thread* frees
 * has three names:
 *
 * | | promise | for |
 * |---|---|---|
 * | [find], [get] | the object lived at that moment | readers that are ordered with the frees: same thread, phase, lock |
 * | [read] | what the block gives is of that object, or is dropped | pure reads beside any free |
 * | [HoldableObjectPool.hold] | the object's memory stays its own until the block ends | reads and writes beside any free |
 *
 * And there are two kinds of pool. In this one the thread that allocated a batch frees its objects without an atomic
 * operation, which is the fastest, and objects cannot be held. In a [HoldableObjectPool] they can, and each free is an
 * atomic operation.
 *
 * A view is always one of the pool's own memory, with the bounds of one slot. It is cut off when the batch's memory goes
 * back to the manager; until then, a view that outlives its object shows the next object in its slot.
 *
 * **Ownership.** Its maker closes it. Then it allocates nothing more; objects that live go on, and the memory of each
 * batch goes when its last object goes.
 * **Threads.** Any. To free an object twice is refused; when two threads do so at the same moment, both may get true,
 * but the slot comes back once.
 * **Zeroed.** Not: a slot holds what its last object left.
 * **Cost.** A few nanoseconds to allocate and free, without garbage, on a platform thread; virtual threads share some
 * caches, for a compare-and-set more. On the heap each slot takes 16 bytes. A new batch takes a lock. At the capacity
 * what other threads have idle is collected once, with a handshake of all threads; then all goes through a lock until a
 * quarter is free.
 *
 * @property name what figures and errors call it
 * @property type what its objects are
 */
public open class ObjectPool<E> internal constructor(
    public val name: String,
    public val type: ElementType<E>,
    private val shape: SlotShape,
    private val slots: Slots,
) : AutoCloseable {
    /** How far apart two objects of a batch lie, in bytes. */
    public val stride: Long get() = shape.stride

    /** The most objects that there may be, living and free. */
    public val capacity: Long get() = shape.capacity

    /** Whether it allocates nothing more. A moment's truth. */
    public val isClosed: Boolean get() = slots.isClosed

    // ---- allocating and freeing ----

    /**
     * Allocates an object, and owns it for the caller. See [allocateHandle].
     *
     * @throws MemoryExhaustedException when the [capacity], a limit or the system stops it
     * @throws PoolClosedException when the pool is closed
     * @throws ManagerClosedException when the pool's manager is closed and a new batch is needed
     */
    public fun allocate(): PooledObject<E> = PooledObject(this, allocateHandle())

    /** [allocate], or null when the [capacity], a limit or the system stops it. */
    public fun tryAllocate(): PooledObject<E>? = tryAllocateHandle().let {
        if (it.isNone) null else PooledObject(this, it)
    }

    /**
     * Allocates an object; the caller [frees][free] it. The slot that was freed last comes first.
     *
     * **Zeroed.** Not. **Cost.** See [ObjectPool].
     *
     * @throws MemoryExhaustedException when the [capacity], a limit or the system stops it
     * @throws PoolClosedException when the pool is closed
     * @throws ManagerClosedException when the pool's manager is closed and a new batch is needed
     */
    @JvmName("allocateHandle")
    public fun allocateHandle(): Handle {
        val handle = slots.take()
        if (handle == 0L) throw refusal()
        return Handle(handle)
    }

    /** [allocateHandle], or [Handle.NONE] when the [capacity], a limit or the system stops it. */
    @JvmName("tryAllocateHandle")
    public fun tryAllocateHandle(): Handle {
        val handle = slots.take()
        if (handle == 0L) refusal().let { if (it !is MemoryExhaustedException) throw it }
        return Handle(handle)
    }

    private fun refusal(): MemoryException = when {
        isClosed -> PoolClosedException(SlotMessages.closed(name), name)
        else -> slots.failure ?: SlotMessages.full(name, capacity, type.byteSize)
    }

    /**
     * Ends the object that [handle] names: the handle names nothing from now on, and the slot is free, or will be when
     * nobody [holds][HoldableObjectPool.hold] the object any more.
     *
     * @return whether it lived; if not, nothing has happened
     */
    @IgnorableReturnValue
    @JvmName("free")
    public fun free(handle: Handle): Boolean = slots.free(handle.bits)

    // ---- looking ----

    /** Whether the object that [handle] names lives. A moment's truth where other threads free. */
    @JvmName("contains")
    public operator fun contains(handle: Handle): Boolean = slots.lives(handle.bits)

    /**
     * The memory of the object that [handle] names, if it lives: the named crossing to the platform's type, and what
     * Java uses. See [find] for what that promises.
     */
    @JvmName("findMemorySegment")
    public fun findMemorySegment(handle: Handle): MemorySegment? = slots.find(handle.bits)

    /**
     * [findMemorySegment] of an object that must live.
     *
     * @throws StaleHandleException when it does not
     */
    @JvmName("asMemorySegment")
    public fun asMemorySegment(handle: Handle): MemorySegment = slots.find(handle.bits) ?: throw stale(handle)

    private fun stale(handle: Handle) = StaleHandleException(SlotMessages.stale(name, handle.bits), handle.bits, name)

    /** The memory to read [handle]'s object from, before [stillLives] is asked. */
    @PublishedApi
    @JvmName("beginRead")
    internal fun beginRead(handle: Handle): MemorySegment? {
        val memory = slots.find(handle.bits)
        // What is read after this was not written before the look.
        VarHandle.acquireFence()
        return memory
    }

    /** Whether [handle]'s object has lived through all reads so far. */
    @PublishedApi
    @JvmName("stillLives")
    internal fun stillLives(handle: Handle): Boolean {
        VarHandle.loadLoadFence()
        return slots.lives(handle.bits)
    }

    /** [read] for Java: runs [action] with the object's memory, and only reads; null when it did not live all the time. */
    @JvmName("readMemorySegment")
    public fun <R : Any> readMemorySegment(handle: Handle, action: Function<in MemorySegment, out R>): R? =
        readValidated(handle) { action.apply(it) }

    // ---- all objects ----

    /**
     * Calls [action] with the handles of all objects that live now: a snapshot, so that [action] may allocate and free.
     *
     * **Cost.** A look at every slot, and 8 bytes on the heap for each object.
     */
    @JvmSynthetic
    public fun forEachHandle(action: (Handle) -> Unit) {
        for (bits in slots.live()) action(Handle(bits))
    }

    /** [forEachHandle] for Java. */
    public fun forEachHandle(action: LongConsumer): Unit = slots.live().forEach(action::accept)

    /** The figures of this moment. **Cost.** A lock, and a look at every batch. */
    public fun stats(): ObjectPoolStatistics = ObjectPoolStatistics(slots.tally(), shape.stride)

    /**
     * Gives the memory of all batches in which no object lives back to the manager. Their handles stay dead, also when
     * new batches come in their place.
     *
     * **Cost.** A handshake of all threads, and a look at every slot that is free.
     *
     * @return how many bytes went
     */
    @IgnorableReturnValue
    public fun trim(): Long = slots.trim()

    /**
     * Allocates nothing more, and gives the memory of all batches in which no object lives back. The others follow when
     * their last object is freed. Does nothing when it is closed.
     */
    override fun close(): Unit = slots.close()

    /** The name and the [stats] of this moment, for logs. */
    override fun toString(): String = "ObjectPool '$name' of $type (${stats()})"

    /** Makes pools. */
    public companion object {
        /**
         * Makes a pool of objects of [type]: `ObjectPool("particles", Particle) { capacity = 1_000_000 }`. The caller
         * closes it. No memory is allocated before the first object.
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
        ): ObjectPool<E> = make(name, type, ObjectPoolOptions().apply(configure))

        /** Makes a pool with the default options, for Java. The caller closes it. */
        @JvmStatic
        public fun <E> of(name: String, type: ElementType<E>): ObjectPool<E> = make(name, type, ObjectPoolOptions())

        /** Makes a pool with the options that [configure] sets, for Java. The caller closes it. */
        @JvmStatic
        public fun <E> of(
            name: String,
            type: ElementType<E>,
            configure: Consumer<in ObjectPoolOptions>,
        ): ObjectPool<E> = make(name, type, ObjectPoolOptions().also(configure::accept))

        private fun <E> make(name: String, type: ElementType<E>, options: ObjectPoolOptions): ObjectPool<E> {
            val shape = options.shapeOf(name, type)
            return ObjectPool(name, type, shape, OwnedSlots(shape, options.manager, name))
        }
    }
}
