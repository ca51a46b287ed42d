package dev.leasehold.memory.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.internal.typed.BlockSlots

/**
 * A [SmallBuffer] of elements of any size off the heap, structs above all: any thread pushes, one drains.
 *
 * ```
 * val hits = SmallStructBuffer(Hit, inlineCapacity = 64, manager)
 * hits.push { it[Hit.target] = target }             // any thread
 * hits.drain { apply(it[Hit.target]) }              // once a frame
 * ```
 *
 * Nothing is allocated until more than its inline capacity are pushed between two drains; it then grows by blocks of
 * its manager that double, moves nothing, and keeps them for later until [shrink].
 *
 * **Ownership.** Its maker closes it; elements that have not been drained go with it. It may be closed while others
 * push, which are refused from then on, and while it is drained: then its memory goes when the drain ends.
 * **Threads.** As [SmallBuffer]. A drain waits for pushes that have begun before it, and with that for what writes
 * their elements: so that must be short, and must not drain the same buffer, or it would wait for itself.
 * **Views** of an element end with the push that writes it or the drain that reads it, and throw from then on.
 * **Zeroed.** Not: a new element holds what an earlier one left, until it is written.
 * **Cost.** A push that copies is one fetch-and-add and a copy; one that writes through a view takes some ten
 * nanoseconds more, because the view is cut off behind it. An element takes its bytes and 8 to 15 for a stamp, rounded
 * up to its alignment. The inline capacity and each block are there twice, so that pushers never meet the drain.
 *
 * @param inlineCapacity how many elements there can be without any further allocation
 * @throws MemoryConfigurationException when [inlineCapacity] is not from 1 to 1,048,576
 * @throws MemoryExhaustedException when a limit or the system stops it
 * @throws InvalidAlignmentException when the alignment of the type is above the page size
 * @throws ManagerClosedException when [manager] is closed
 */
public class SmallStructBuffer<E> @JvmOverloads constructor(
    /** What the elements are. */
    public val type: ElementType<E>,
    inlineCapacity: Int,
    /** Where its memory comes from, and what pays for it. */
    public val manager: MemoryManager = MemoryManager.system(),
) : BlockSlots(type.byteSize, type.alignment, checkInline("a SmallStructBuffer", inlineCapacity), manager),
    AutoCloseable {
    /** How many elements have been pushed since the last drain began. A moment's truth while others push. */
    public val size: Long get() = claimed.toLong()

    /** How many elements there can be now before it has to grow. Changes with each drain, as the halves take turns. */
    public val capacity: Long get() = roomNow.toLong()

    /** How many elements there can be without any allocation: the number given, or the next power of two. */
    public val inlineCapacity: Int get() = first

    /** How many bytes its blocks have, those that are kept for later included; 0 when it is closed. */
    public val byteSize: Long get() = blockBytes

    /** Whether it has been closed. A moment's truth. */
    public val isClosed: Boolean get() = isShut

    /**
     * Adds an element that [write] writes, through a view that ends with it. When [write] throws, nothing is added, and
     * its exception comes out of this.
     *
     * @throws TypedMemoryClosedException when this is closed
     * @throws MemoryExhaustedException when it has to grow, and a limit or the system stops that; nothing has changed,
     *   and a later push tries again
     * @throws SmallBufferFullException when there are 1,073,741,824 elements
     * @throws BlockClosedException when the manager has taken all blocks back, or another thread closes this just now
     */
    @JvmSynthetic
    public inline fun pushSegment(crossinline write: (Segment) -> Unit) {
        val at = claimNext()
        var written = false
        try {
            val offset = offsetOf(at)
            val length = elementSize
            blockOf(at).withSegment { write(it.slice(offset, length)) }
            written = true
        } finally {
            published(at, written)
        }
    }

    /**
     * Adds a copy of [element], which has the bytes of exactly one.
     *
     * @throws SegmentSizeException when it has another number of bytes; nothing has changed
     * @throws TypedMemoryClosedException when this is closed
     * @throws MemoryExhaustedException when it has to grow, and a limit or the system stops that; nothing has changed,
     *   and a later push tries again
     * @throws SmallBufferFullException when there are 1,073,741,824 elements
     */
    @JvmSynthetic
    public fun pushSegment(element: Segment) {
        if (element.size != elementBytes) {
            throw SegmentSizeException(
                "An element of this SmallStructBuffer has ${bytes(elementBytes)}, and ${bytes(element.size)} were to " +
                    "be pushed: slice the segment to one element",
                element.size,
            )
        }
        pushCopy(element.asMemorySegment())
    }

    /**
     * Calls [action] with a view of one element after the other, until all have had their turn. When [action] throws,
     * the rest is dropped. Either way the buffer is empty but for what was pushed meanwhile.
     *
     * @throws DrainInProgressException during another drain; nothing has changed
     * @throws TypedMemoryClosedException when this is closed
     * @throws BlockClosedException when the manager has taken all blocks back
     */
    @JvmSynthetic
    public inline fun drainSegments(crossinline action: (Segment) -> Unit): Unit = drainSegmentsWhile {
        action(it)
        true
    }

    /**
     * [drainSegments], until [action] returns false; the rest is dropped.
     *
     * @throws DrainInProgressException during another drain; nothing has changed
     * @throws TypedMemoryClosedException when this is closed
     * @throws BlockClosedException when the manager has taken all blocks back
     */
    @JvmSynthetic
    public inline fun drainSegmentsWhile(crossinline action: (Segment) -> Boolean) {
        start()
        try {
            var more = true
            while (more && nextSlots()) {
                more = partBlock.withSegment { chunk -> drainPart(chunk) { action(it) } }
            }
        } finally {
            finish()
        }
    }

    /** Calls [action] with the elements of the part in [chunk], until it returns false; true when it never did. */
    @PublishedApi
    @JvmSynthetic
    internal inline fun drainPart(chunk: Segment, action: (Segment) -> Boolean): Boolean {
        val length = elementSize
        val step = step
        val until = partUntil
        var offset = partFrom
        while (offset < until) {
            if (isElement(offset) && !action(chunk.slice(offset, length))) return false
            offset += step
        }
        return true
    }

    /**
     * Drops all elements that were pushed before.
     *
     * @throws DrainInProgressException during a drain; nothing is dropped
     * @throws TypedMemoryClosedException when this is closed
     */
    public fun clear() {
        start()
        finish()
    }

    /**
     * Gives all memory back but that of the inline capacity. The elements stay; the memory that they take goes with the
     * next drain. Pushes may go on meanwhile.
     *
     * @throws DrainInProgressException during a drain; nothing has changed
     * @throws TypedMemoryClosedException when this is closed
     */
    public fun shrink(): Unit = shrinkNow()

    /**
     * Gives all memory back, and drops the elements. Closing again does nothing.
     *
     * @throws dev.leasehold.memory.GuardBytesException in a checked manager, when bytes around a block were
     *   overwritten; the memory *is* freed
     */
    override fun close(): Unit = shut()

    /** The size, the capacity and the manager, for logs. */
    override fun toString(): String =
        "SmallStructBuffer(" + (if (isClosed) "closed" else "${grouped(size)} elements of ${bytes(elementBytes)}") +
            ", room for ${grouped(capacity)} without growth, manager '${manager.name}')"

    private val words: String get() = "a SmallStructBuffer of manager '${manager.name}'"

    override fun refuseClosed(verb: String): Nothing = throw TypedMemoryClosedException(
        "$words was $verb after it had been closed: push and drain only until then",
    )

    override fun refuseTurn(verb: String): Nothing = throw drainInProgress(words, verb)

    override fun refuseFull(): Nothing = throw smallBufferFull(words)

    // ---- what the inlined functions are made of ----

    @PublishedApi
    internal val elementSize: Long get() = elementBytes

    @PublishedApi
    internal val step: Long get() = slotBytes

    @PublishedApi
    internal val partBlock: Block get() = drained.block

    @PublishedApi
    internal val partFrom: Long get() = cursor.from * slotBytes

    @PublishedApi
    internal val partUntil: Long get() = cursor.until * slotBytes

    @PublishedApi
    internal fun isElement(offset: Long): Boolean = hasElement(offset)

    @PublishedApi
    internal fun claimNext(): Long = claimSlot()

    @PublishedApi
    internal fun blockOf(at: Long): Block = chunkAt(at).block

    @PublishedApi
    internal fun offsetOf(at: Long): Long = offsetAt(at)

    @PublishedApi
    internal fun published(at: Long, written: Boolean): Unit = publish(at, written)

    @PublishedApi
    internal fun start(): Unit = beginDrain()

    @PublishedApi
    internal fun nextSlots(): Boolean = nextPart()

    @PublishedApi
    internal fun finish(): Unit = endDrain()
}
