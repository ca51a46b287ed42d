package dev.leasehold.memory.typed

import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.internal.typed.ObjectSlots
import java.util.function.Consumer
import java.util.function.Predicate

/**
 * A [SmallBuffer] of references to objects, on the heap as those must be. All that is said there holds here: any thread
 * pushes, one drains, nothing is allocated until more than the inline capacity are pushed between two drains.
 *
 * **Ownership.** There is nothing to close. A drain leaves no reference behind, to what it dropped neither.
 * **Cost.** A push is one fetch-and-add and one store; an element takes the bytes of a reference, and there is room for
 * each twice.
 *
 * @throws MemoryConfigurationException when [inlineCapacity] is not from 1 to 1,048,576
 */
public class SmallObjectBuffer<T : Any>(inlineCapacity: Int) :
    ObjectSlots(checkInline("a SmallObjectBuffer", inlineCapacity)) {
    /** How many elements have been pushed since the last drain began. A moment's truth while others push. */
    public val size: Long get() = claimed.toLong()

    /** How many elements there can be now before it has to grow. Changes with each drain, as the halves take turns. */
    public val capacity: Long get() = roomNow.toLong()

    /** How many elements there can be without any allocation: the number given, or the next power of two. */
    public val inlineCapacity: Int get() = first

    /**
     * Adds [element]. Its state, as this thread sees it now, is seen by the drain.
     *
     * @throws OutOfMemoryError when there is no heap for growth; nothing has changed, and a later push tries again
     * @throws SmallBufferFullException when there are 1,073,741,824 elements
     */
    public fun push(element: T): Unit = pushObject(element)

    /**
     * Calls [action] with one element after the other, until all have had their turn. When [action] throws, or returns
     * out of the function around it, the rest is dropped. Either way the buffer is empty but for what was pushed
     * meanwhile.
     *
     * @throws DrainInProgressException during another drain; nothing has changed
     */
    @JvmSynthetic
    public inline fun drain(action: (T) -> Unit): Unit = drainWhile {
        action(it)
        true
    }

    /**
     * [drain], until [action] returns false; the rest is dropped.
     *
     * @throws DrainInProgressException during another drain; nothing has changed
     */
    @JvmSynthetic
    public inline fun drainWhile(action: (T) -> Boolean) {
        start()
        try {
            while (nextObjects()) {
                val objects = partObjects
                for (at in partFrom..<partUntil) {
                    @Suppress("UNCHECKED_CAST")
                    if (!action(objects[at] as T)) return
                }
            }
        } finally {
            finish()
        }
    }

    /** [drain] for Java. */
    public fun drain(action: Consumer<in T>): Unit = drain { element -> action.accept(element) }

    /** [drainWhile] for Java. */
    public fun drainWhile(action: Predicate<in T>): Unit = drainWhile { element -> action.test(element) }

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

    /** The size and the capacity, for logs; never the elements. */
    override fun toString(): String =
        "SmallObjectBuffer(${grouped(size)} objects, room for ${grouped(capacity)} without growth)"

    override fun refuseClosed(verb: String): Nothing = error("a SmallObjectBuffer has no end")

    override fun refuseTurn(verb: String): Nothing = throw drainInProgress("a SmallObjectBuffer", verb)

    override fun refuseFull(): Nothing = throw smallBufferFull("a SmallObjectBuffer")

    @PublishedApi
    internal val partObjects: Array<Any?> get() = objects

    @PublishedApi
    internal val partFrom: Int get() = cursor.from

    @PublishedApi
    internal val partUntil: Int get() = cursor.until

    @PublishedApi
    internal fun start(): Unit = beginDrain()

    @PublishedApi
    internal fun nextObjects(): Boolean = nextPart()

    @PublishedApi
    internal fun finish(): Unit = endDrain()
}
