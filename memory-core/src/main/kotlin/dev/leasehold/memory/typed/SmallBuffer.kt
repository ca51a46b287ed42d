package dev.leasehold.memory.typed

import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.internal.typed.WordSlots

/**
 * What many threads push and one drains: events, commands, handles of what has changed. The elements are primitives or
 * [Handle]s; [SmallStructBuffer] has structs, [SmallObjectBuffer] objects.
 *
 * It allocates nothing until more than its inline capacity are pushed between two drains. It then grows by chunks that
 * double, moves nothing, and keeps the chunks for later until [shrink]; so in a steady state it never allocates.
 *
 * **Ownership.** There is nothing to close: the words are arrays on the heap, where an element costs less than off it.
 * **Threads.** Any number may push, also while one drains. `push` is wait-free but for growth, and growth is lock-free
 * but for the allocation. A drain is exclusive: a second one at the same time is refused. It gets what was pushed
 * before it began, each element once, and those of one pusher in the order in which that pushed them; what is pushed
 * meanwhile is for the next. It waits for pushes that have begun before it and are not done, a few instructions of
 * another thread, or as long as the system keeps that from running.
 * **Cost.** A push is one fetch-and-add and one store. An element takes eight bytes, whatever its type. The inline
 * capacity and each chunk are there twice, so that pushers never meet the drain. One of all 64-bit numbers,
 * `-0x5b8762c13e9ad604`, is kept in a list, and a push of it makes an object of 24 bytes.
 *
 * ```
 * val events = SmallBuffer.ofLongs(inlineCapacity = 64)
 * events.push(entity)                       // any thread
 * events.drain { entity -> wake(entity) }   // once a frame
 * ```
 */
public class SmallBuffer<E> internal constructor(
    /** What the elements are. */
    public val type: ElementType<E>,
    inlineCapacity: Int,
) : WordSlots(checkInline("a SmallBuffer", inlineCapacity)) {
    /** How many elements have been pushed since the last drain began. A moment's truth while others push. */
    public val size: Long get() = claimed.toLong()

    /** How many elements there can be now before it has to grow. Changes with each drain, as the halves take turns. */
    public val capacity: Long get() = roomNow.toLong()

    /** How many elements there can be without any allocation: the number given, or the next power of two. */
    public val inlineCapacity: Int get() = first

    /** How many bytes its arrays have, those that are kept for later included. A moment's truth. */
    public val byteSize: Long get() = wordBytes

    /**
     * Drops all elements that were pushed before.
     *
     * @throws DrainInProgressException during a drain; nothing is dropped
     */
    public fun clear() {
        start()
        finish()
    }

    /**
     * Gives all memory up but that of the inline capacity. The elements stay; the memory that they take goes with the
     * next drain. Pushes may go on meanwhile.
     *
     * @throws DrainInProgressException during a drain; nothing has changed
     */
    public fun shrink(): Unit = shrinkNow()

    /** The type, the size and the capacity, for logs. */
    override fun toString(): String =
        "SmallBuffer(${grouped(size)} of ${type.layout}, room for ${grouped(capacity)} without growth)"

    override fun refuseClosed(verb: String): Nothing = error("a SmallBuffer has no end")

    override fun refuseTurn(verb: String): Nothing = throw drainInProgress("a SmallBuffer", verb)

    override fun refuseFull(): Nothing = throw smallBufferFull("a SmallBuffer")

    // ---- what the drains in SmallBuffers.kt are made of ----

    @PublishedApi
    internal val partWords: LongArray get() = words

    @PublishedApi
    internal val partFrom: Int get() = cursor.from

    @PublishedApi
    internal val partUntil: Int get() = cursor.until

    @PublishedApi
    internal fun bitsOf(word: Long): Long = word xor KEY

    @PublishedApi
    internal fun start(): Unit = beginDrain()

    @PublishedApi
    internal fun nextWords(): Boolean = nextPart()

    @PublishedApi
    internal fun finish(): Unit = endDrain()

    /** Calls [action] with the bits of one element after the other, until it returns false; the rest is dropped. */
    @PublishedApi
    @JvmSynthetic
    internal inline fun drainBits(action: (Long) -> Boolean) {
        start()
        try {
            while (nextWords()) {
                val words = partWords
                for (at in partFrom..<partUntil) if (!action(bitsOf(words[at]))) return
            }
        } finally {
            finish()
        }
    }

    /**
     * Makes small buffers of primitives and of handles. Each throws [MemoryConfigurationException] for an inline
     * capacity that is not from 1 to 1,048,576.
     */
    public companion object {
        /** A buffer of bytes with room for [inlineCapacity] of them, or a few more, before it first grows. */
        @JvmStatic
        public fun ofBytes(inlineCapacity: Int): SmallBuffer<Byte> = SmallBuffer(ElementType.BYTE, inlineCapacity)

        /** A buffer of shorts with room for [inlineCapacity] of them, or a few more, before it first grows. */
        @JvmStatic
        public fun ofShorts(inlineCapacity: Int): SmallBuffer<Short> = SmallBuffer(ElementType.SHORT, inlineCapacity)

        /** A buffer of chars with room for [inlineCapacity] of them, or a few more, before it first grows. */
        @JvmStatic
        public fun ofChars(inlineCapacity: Int): SmallBuffer<Char> = SmallBuffer(ElementType.CHAR, inlineCapacity)

        /** A buffer of ints with room for [inlineCapacity] of them, or a few more, before it first grows. */
        @JvmStatic
        public fun ofInts(inlineCapacity: Int): SmallBuffer<Int> = SmallBuffer(ElementType.INT, inlineCapacity)

        /** A buffer of longs with room for [inlineCapacity] of them, or a few more, before it first grows. */
        @JvmStatic
        public fun ofLongs(inlineCapacity: Int): SmallBuffer<Long> = SmallBuffer(ElementType.LONG, inlineCapacity)

        /** A buffer of floats with room for [inlineCapacity] of them, or a few more, before it first grows. */
        @JvmStatic
        public fun ofFloats(inlineCapacity: Int): SmallBuffer<Float> = SmallBuffer(ElementType.FLOAT, inlineCapacity)

        /** A buffer of doubles with room for [inlineCapacity] of them, or a few more, before it first grows. */
        @JvmStatic
        public fun ofDoubles(inlineCapacity: Int): SmallBuffer<Double> = SmallBuffer(ElementType.DOUBLE, inlineCapacity)

        /**
         * A buffer of handles with room for [inlineCapacity] of them, or a few more, before it first grows. It keeps
         * no object alive: what a handle names may be gone when it is drained.
         */
        @JvmStatic
        public fun ofHandles(inlineCapacity: Int): SmallBuffer<Handle> = SmallBuffer(HandleType, inlineCapacity)
    }
}

private object HandleType : ElementType<Handle> {
    override val byteSize: Long get() = Long.SIZE_BYTES.toLong()

    override val alignment: Long get() = byteSize

    override val layout: String get() = "handle"

    override fun toString(): String = layout
}
