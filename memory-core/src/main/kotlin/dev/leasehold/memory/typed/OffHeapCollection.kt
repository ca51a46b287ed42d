package dev.leasehold.memory.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.explain
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.internal.platform.grouped
import java.lang.foreign.MemorySegment

/**
 * A collection whose elements lie off the heap, in a block of a [MemoryManager]: what all of them have in common.
 *
 * | | like | found by |
 * |---|---|---|
 * | [OffHeapList] | `ArrayList` | index |
 * | [OffHeapStack] | `Stack` | its top, or an index |
 * | [OffHeapQueue] | `ArrayDeque`, used as a queue | its head, or an index from there |
 * | [OffHeapAppendList] | a list that only grows, and never moves an element | position |
 * | [OffHeapDictionary] | `HashMap` | key |
 * | [StringTable] | a set of interned strings | string, or id |
 *
 * **Ownership.** The code that makes a collection closes it, and so frees its memory. All that it knows is in its block,
 * as offsets and not as addresses, behind a header that says kind, version, layout of the elements and their number; so
 * it can lie in a mapped file. [release] gives the block away unfreed, and `open` makes a collection of one again,
 * wherever the bytes lie by then.
 * **Growth.** A collection grows as elements come, and so may give up its [block] for a larger one. Where a limit or the
 * system refuses that, the collection is as it was. Views of elements that were taken before then see the old bytes or
 * throw [ViewClosedException]; never bytes that are another's.
 * **Threads.** None is safe for several threads at once, as their twins on the heap are not; but whatever threads do,
 * no access leaves the collection's own memory. Hand it over as any object.
 * **Zeroed.** What is added without a value, as a new struct is, begins as zeros.
 * **Cost.** An access is that of the platform's own segments with constant layouts; nothing is boxed, and nothing is
 * made on the heap but an object for the collection, and one for a view that leaves the method which asked for it.
 *
 * **Every access** can throw [TypedMemoryClosedException] when the collection has been closed or released, and
 * [ViewClosedException] when its block was closed behind its back, by `clear` of the manager for one.
 */
public abstract class OffHeapCollection internal constructor(block: Block) : AutoCloseable {
    private var held = block

    // How the collection has ended; null while it lives.
    private var ended: String? = null

    /** The block's bytes; none while they are not at hand, as after the end. */
    @JvmField internal var raw: MemorySegment = MemorySegment.NULL

    /** How many elements there are, as the header has it; -1 while [raw] is not at hand. */
    @JvmField internal var count: Long = -1

    /** Changed by all that moves or removes elements, but by no mere addition: that changes [count]. */
    @JvmField internal var changes: Int = 0

    /**
     * The block that everything is in, at this moment: what to name in a file, or to let another budget pay for. It is
     * the collection's; to close or to resize it elsewhere takes it from the collection. Growing replaces it.
     */
    public val block: Block get() {
        requireOpen()
        return held
    }

    /** Where the memory comes from. */
    public val manager: MemoryManager get() = held.manager

    /** How many elements, entries or strings there are. */
    public val size: Long get() {
        requireOpen()
        return count
    }

    /** Whether there are none. */
    public val isEmpty: Boolean get() = size == 0L

    /** How many elements, entries or strings it can have before it must grow. */
    public abstract val capacity: Long

    /** How many bytes of its manager's it holds, header and unused room included. */
    public open val byteSize: Long get() = block.size

    /** Whether it has been closed or released. */
    public val isClosed: Boolean get() = ended != null

    /**
     * Makes room for [capacity] elements in all, so that none of them makes it grow.
     *
     * @throws ElementBoundsException when [capacity] is negative
     * @throws InvalidSizeException when no block of the manager can have as many bytes
     * @throws MemoryExhaustedException when a limit or the system stops it; the collection is as it was
     * @throws ManagerClosedException when the manager is closed
     * @throws MemoryBusyException while a native call or an input/output operation uses a view of the elements; the
     *   collection is as it was
     */
    public abstract fun reserve(capacity: Long)

    /**
     * Gives back the room that is not used, as far as that can be done in whole blocks or pages. Throws what [reserve]
     * does, and then the collection is as it was.
     */
    public abstract fun shrink()

    /** Removes everything, and keeps the room. */
    public abstract fun clear()

    /** What messages call it: `list of long`. */
    internal abstract val kindName: String

    /** Reads from the header in [raw] what is kept on the heap as well; the last of it is [count]. */
    internal abstract fun load(raw: MemorySegment)

    /** Makes all that [load] reads such that the next use has to look at [count] first. */
    internal abstract fun unload()

    /**
     * Gives the block to the caller, who owns it from now on, and ends the collection: its memory is not freed. `open`
     * makes a collection of it again.
     */
    public fun release(): Block {
        requireOpen()
        val block = held
        end("released")
        return block
    }

    /**
     * Frees the memory. Views of elements that were taken before then throw from the moment that they are cut off, and
     * until then read nothing that is another's. Closing again does nothing.
     *
     * @throws MemoryBusyException while a native call or an input/output operation uses a view of the elements that has
     *   to be cut off now; the collection is still open
     * @throws BlockClosedException when its block was closed elsewhere; the collection *is* closed
     */
    override fun close() {
        if (ended != null) return
        var busy = false
        try {
            held.close()
        } catch (failure: MemoryBusyException) {
            busy = true
            throw failure
        } finally {
            if (!busy) end("closed")
        }
    }

    /** The kind, the sizes and the manager, for logs. */
    override fun toString(): String {
        val has = ended ?: if (count < 0) "not at hand" else "${counted(count, "element")} in ${bytes(held.size)}"
        return "OffHeap $kindName ($has, manager '${manager.name}')"
    }

    /** How messages begin. */
    internal fun describe(): String = "The $kindName from manager '${manager.name}'"

    // ---- the view of the block ----

    internal fun requireOpen() {
        if (count < 0) revive()
    }

    /** Gets the bytes at hand again, or says that the collection has ended. */
    internal fun revive() {
        val how = ended
        if (how != null) throw usedAfterEnd(describe(), how)
        attach()
    }

    /** Takes a view of the block, and from that all that is kept on the heap. */
    internal fun attach() {
        val view = held.asKeptMemorySegment()
        load(view)
        raw = view
    }

    private fun detach() {
        raw = MemorySegment.NULL
        count = -1
        unload()
    }

    /** Lets every use fail from now on, because it has been [how]. */
    internal fun end(how: String) {
        ended = how
        detach()
    }

    /**
     * Gives the block [bytes] bytes and keeps its content. The view is taken anew, whether that succeeds or not, as a
     * large block's may be cut off; if even the view is refused, the next use of the collection asks for it again.
     */
    internal fun resizeBlock(bytes: Long) {
        val before = held
        detach()
        try {
            held = before.resize(bytes)
        } catch (failure: Throwable) {
            try {
                attach()
            } catch (second: Throwable) {
                failure.addSuppressed(second)
            }
            throw failure
        }
        attach()
    }

    /**
     * Takes [fresh], whose bytes are [view] and are complete, in the place of the block, lets [last] do what may still
     * need the old bytes, and closes the old block. Where that is refused, everything is as it was.
     */
    internal inline fun replaceBlock(fresh: Block, view: MemorySegment, last: () -> Unit) {
        val before = block
        val bytes = raw
        exchange(fresh, view)
        try {
            last()
            before.close()
        } catch (failure: Throwable) {
            if (!before.isClosed) {
                exchange(before, bytes)
                fresh.close()
            }
            throw failure
        }
    }

    internal fun exchange(next: Block, view: MemorySegment) {
        held = next
        load(view)
        raw = view
        changes++
    }

    // ---- errors ----

    /** How many elements there are, of which there must be one: for where [count] is not above 0. */
    internal fun someOrRefuse(): Long {
        val n = size
        if (n == 0L) throw nothingIn(describe())
        return n
    }

    /** The exception to throw for [failure], which an access of the element at [index] met. */
    internal fun explained(failure: RuntimeException, index: Long): RuntimeException {
        val how = ended
        return when {
            failure is MemoryException -> failure
            how != null -> usedAfterEnd(describe(), how)
            failure is IndexOutOfBoundsException -> noSuchElement(describe(), index, count)
            else -> explain(failure, raw, 0, raw.byteSize())
        }
    }

    /** Runs [action], which accesses the block, and explains the JVM's refusal if there is one. */
    internal inline fun <R> guarded(action: () -> R): R = try {
        action()
    } catch (failure: RuntimeException) {
        throw explained(failure, -1)
    }

    /** Fails if elements came, went or moved since there were [before] of them and [changes] was [seen]. */
    @PublishedApi
    internal fun requireSame(before: Long, seen: Int) {
        if (count == before && changes == seen) return
        requireOpen()
        throw changedMeanwhile(describe())
    }

    /** [changes], for what is inlined into other modules. */
    @PublishedApi
    internal val stamp: Int get() = changes

    /** Refuses a capacity that none can have. */
    internal fun requireCapacity(capacity: Long) {
        requireOpen()
        if (capacity < 0) throw noSuchCapacity(describe(), capacity)
    }
}
