package dev.leasehold.memory.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.PageRun
import dev.leasehold.memory.Segment
import dev.leasehold.memory.copy
import dev.leasehold.memory.internal.access.Values
import dev.leasehold.memory.internal.platform.bytes
import java.lang.foreign.MemorySegment
import java.util.Objects

/**
 * A list that only grows, and never moves an element: its position is its name for as long as the list lives, and a
 * view of it stays good while others are added.
 *
 * Extensions add, read and write elements of each type: `add`, which returns the position, `get` and `set`. To Java
 * they are static methods of `OffHeap`, with the type in the name: `OffHeap.addLong(list, 42)`.
 *
 * **Where it lies.** The elements are in runs of pages ([MemoryManager.allocatePages]), each twice as large as the one
 * before it. A small block has the header and the ids of the runs, 48 at most, so that it never grows: unlike that of
 * other collections the [block] stays the same from the first element to the last.
 * **Ownership.** The block owns the runs: [release] gives them away with it, [close] frees them, and [open] takes the
 * place of the one that released it. A copy of the block owns nothing.
 * **Growth, threads.** See [OffHeapCollection].
 * **Cost.** To add an element never copies another. The least memory is one page; up to a half of the pages is unused.
 * Closing cuts off the view of each run, which is a handshake with all threads (tens of microseconds) for each.
 */
public class OffHeapAppendList<E> private constructor(
    type: ElementType<E>,
    block: Block,
    @JvmField internal val baseShift: Int,
) : OffHeapElements<E>(type, block) {
    // The run of number c holds the positions from base * (2^c - 1) on, base * 2^c of them. So the highest bit of
    // position + base says the run, and the bits below it the place in it.

    @JvmField internal val base: Long = 1L shl baseShift

    private val pages = arrayOfNulls<PageRun>(MOST_RUNS)

    /** A view of each run. */
    @JvmField internal val views: Array<MemorySegment> = Array(MOST_RUNS) { MemorySegment.NULL }

    private var allocated = 0

    /** How many elements there is room for; -1 after the end. */
    @JvmField internal var room: Long = -1

    override val kindName: String get() = "append-only list of ${nameOf(type)}"

    override val capacity: Long get() {
        requireOpen()
        return room
    }

    override val byteSize: Long get() = block.size + (0 until allocated).sumOf { pages[it]!!.size }

    @PublishedApi
    internal override val runs: Int get() = if (size == 0L) 0 else runOf(count - 1) + 1

    @PublishedApi
    internal override fun run(number: Int): MemorySegment =
        views[number].asSlice(0, minOf(base shl number, count - firstOf(number)) * stride)

    // The first position in the run [number], and how many there are in all before it.
    private fun firstOf(number: Int) = (base shl number) - base

    private fun runOf(position: Long) =
        Long.SIZE_BITS - 1 - java.lang.Long.numberOfLeadingZeros(position + base) - baseShift

    internal override fun element(index: Long): MemorySegment = try {
        slice(Objects.checkIndex(index, size))
    } catch (failure: RuntimeException) {
        throw explained(failure, index)
    }

    private fun slice(position: Long): MemorySegment {
        val number = runOf(position)
        return views[number].asSlice((position - firstOf(number)) * stride, stride)
    }

    override fun reserve(capacity: Long) {
        requireCapacity(capacity)
        val before = allocated
        try {
            while (room < capacity) addRun()
        } catch (failure: Throwable) {
            while (allocated > before) removeRun()
            throw failure
        }
    }

    /**
     * Gives back the runs of pages that have no element, the last first.
     *
     * @throws MemoryBusyException while a native call or an input/output operation uses a view of such a run; it, and
     *   those before it, are kept
     */
    override fun shrink() {
        val needed = runs
        while (allocated > needed) removeRun()
    }

    /** Removes everything, and keeps the room. Positions begin at 0 again, and old views see what comes to lie there. */
    override fun clear() {
        requireOpen()
        changes++
        commit(0)
    }

    /**
     * Adds an element of zeros, and returns its position.
     *
     * @throws MemoryExhaustedException when a limit or the system stops it; the list is as it was
     */
    @IgnorableReturnValue
    public fun addZeroed(): Long {
        val n = roomForOne()
        Segment.of(slice(n)).zero()
        commit(n + 1)
        return n
    }

    /** Adds [element], which may be one of this list's own, and returns its position. */
    internal fun addElement(element: MemorySegment): Long {
        requireElement(element)
        val n = roomForOne()
        copy(element, 0, slice(n), 0, stride)
        commit(n + 1)
        return n
    }

    // ---- reading and writing one ----

    /** Runs [action] with the bytes and the offset of the primitive at [position], which has `1 shl shift` bytes. */
    internal inline fun <R> at(position: Long, shift: Int, action: (MemorySegment, Long) -> R): R = try {
        inRun(checked(position), shift, action)
    } catch (failure: RuntimeException) {
        throw explained(failure, position)
    }

    internal inline fun <R> inRun(position: Long, shift: Int, action: (MemorySegment, Long) -> R): R {
        val place = position + base
        val bit = Long.SIZE_BITS - 1 - java.lang.Long.numberOfLeadingZeros(place)
        return action(views[bit - baseShift], (place - (1L shl bit)) shl shift)
    }

    internal fun checked(position: Long): Long {
        if (count < 0) requireOpen()
        return Objects.checkIndex(position, count)
    }

    /** Adds a primitive of `1 shl shift` bytes, which [write] writes, and returns its position. */
    internal inline fun append(shift: Int, write: (MemorySegment, Long) -> Unit): Long {
        val n = if (count < room) count else roomForOne()
        try {
            inRun(n, shift, write)
            Values.LONG.set(raw, COUNT_AT, n + 1)
        } catch (failure: RuntimeException) {
            throw explained(failure, n)
        }
        count = n + 1
        return n
    }

    /** From now on there are [n] elements. */
    private fun commit(n: Long) {
        guarded { writeLong(raw, COUNT_AT, n) }
        count = n
    }

    // ---- runs ----

    /** Makes room for one more, and returns how many there are. */
    internal fun roomForOne(): Long {
        val n = size
        if (n == room) addRun()
        return n
    }

    private fun addRun() {
        val number = allocated
        val run = manager.allocatePages(pagesOf(number))
        try {
            views[number] = run.asKeptMemorySegment()
            pages[number] = run
            guarded { writeLong(raw, RUNS_AT + number * Long.SIZE_BYTES, run.id) }
        } catch (failure: Throwable) {
            run.close()
            throw failure
        }
        allocate(number + 1)
    }

    // The first [runs] runs are the list's from now on.
    private fun allocate(runs: Int) {
        room = firstOf(runs)
        allocated = runs
        writeLong(raw, CAPACITY_AT, room)
        writeLong(raw, RUN_COUNT_AT, runs.toLong())
    }

    private fun removeRun() {
        val last = allocated - 1
        changes++
        // At no moment does the header name a run that is gone.
        allocate(last)
        try {
            pages[last]!!.close()
        } catch (busy: MemoryBusyException) {
            allocate(last + 1)
            throw busy
        }
        views[last] = MemorySegment.NULL
        pages[last] = null
    }

    /** How many pages the run [number] has. More elements than fit into a run of any manager are refused there. */
    private fun pagesOf(number: Int): Int {
        val size = manager.pageSize
        val bytes = bytesOf(if (number + baseShift < Long.SIZE_BITS - 2) base shl number else Long.MAX_VALUE, stride)
        return minOf((sumOf(bytes, size - 1)) / size, Int.MAX_VALUE.toLong()).toInt()
    }

    /**
     * Frees the block and the pages. Views of elements throw from then on. Closing again does nothing.
     *
     * @throws MemoryBusyException while a native call or an input/output operation uses a view of elements; the list
     *   *is* closed, and closing it again frees what that kept
     * @throws BlockClosedException when its block was closed elsewhere; the list *is* closed
     */
    override fun close() {
        if (!isClosed) {
            closing = block
            end("closed")
        }
        // Of the runs the last first, so that what is left is always what a list could have.
        while (allocated > 0 && closing != null) closeRun()
        val block = closing ?: return
        closing = null
        block.close()
    }

    private fun closeRun() {
        val run = pages[--allocated]!!
        try {
            run.close()
        } catch (busy: MemoryBusyException) {
            allocated++
            throw busy
        }
    }

    // The block, once this is closed, until it is freed.
    private var closing: Block? = null

    internal override fun load(raw: MemorySegment) {
        room = readLong(raw, CAPACITY_AT)
        count = readLong(raw, COUNT_AT)
    }

    internal override fun unload() {
        room = -1
        views.fill(MemorySegment.NULL)
    }

    /** Takes the place of the list that wrote the header: finds the runs that it names. */
    private fun adopt() {
        val runs = readLong(raw, RUN_COUNT_AT).toInt()
        var held = 0
        try {
            while (held < runs) {
                val id = readLong(raw, RUNS_AT + held * Long.SIZE_BYTES)
                val run = manager.findPages(id) ?: throw lostRun(id)
                pages[held++] = run
                if (run.id != id || run.size < bytesOf(base shl held - 1, stride)) throw lostRun(id)
                views[held - 1] = run.asKeptMemorySegment()
            }
        } catch (failure: Throwable) {
            repeat(held) { pages[it]!!.close() }
            throw failure
        }
        allocated = runs
        // To find them added a reference to the one that is the block's.
        repeat(runs) { pages[it]!!.close() }
    }

    private fun lostRun(id: Long) = ElementLayoutException(
        "The block of ${bytes(block.size)} from manager '${manager.name}' names the run of pages $id as part of a " +
            "list, which the manager does not have in the size that is needed: the list was closed, or is another " +
            "manager's",
    )

    /** Makes append-only lists, and opens them again. */
    public companion object {
        private const val VERSION = 1
        private const val MOST_RUNS = 48
        private const val RUN_COUNT_AT = MORE_AT
        private const val BASE_SHIFT_AT = MORE_AT + 8
        private const val RUNS_AT = HEADER_BYTES
        private const val BLOCK_BYTES = RUNS_AT + MOST_RUNS * Long.SIZE_BYTES

        /**
         * Makes an empty append-only list of elements of [type] whose memory is [manager]'s, by default the process's
         * own, with room for [capacity] of them: `OffHeapAppendList(ElementType.LONG)`. The caller closes it.
         *
         * @throws ElementBoundsException when [capacity] is negative
         * @throws InvalidSizeException when no run of pages of the manager can have as many bytes
         * @throws MemoryExhaustedException when a limit or the system stops it
         * @throws ManagerClosedException when the manager is closed
         */
        @JvmSynthetic
        public operator fun <E> invoke(
            type: ElementType<E>,
            manager: MemoryManager = MemoryManager.system(),
            capacity: Long = 0,
        ): OffHeapAppendList<E> = of(type, manager, capacity)

        /** Makes an empty append-only list, for Java: as [OffHeapAppendList] in Kotlin. */
        @JvmStatic
        @JvmOverloads
        public fun <E> of(type: ElementType<E>, manager: MemoryManager, capacity: Long = 0): OffHeapAppendList<E> {
            val fitting = maxOf(1, manager.pageSize / type.byteSize)
            val shift = Long.SIZE_BITS - 1 - java.lang.Long.numberOfLeadingZeros(fitting)
            val list = attached(newBlock(type, manager, shift)) { OffHeapAppendList(type, it, shift) }
            try {
                list.reserve(capacity)
                return list
            } catch (failure: Throwable) {
                list.close()
                throw failure
            }
        }

        private fun newBlock(type: ElementType<*>, manager: MemoryManager, shift: Int): Block {
            // The pages have no alignment but their own, which is the most that the manager grants.
            val block = manager.allocate(BLOCK_BYTES, maxOf(HEADER_BYTES, type.alignment))
            try {
                block.withSegment {
                    writeHeader(it.raw, BLOCK_BYTES, APPEND_LIST_KIND, VERSION, type)
                    writeLong(it.raw, BASE_SHIFT_AT, shift.toLong())
                }
                return block
            } catch (failure: Throwable) {
                block.close()
                throw failure
            }
        }

        /**
         * The append-only list whose header is in [block], wherever that and the pages lay when it was made; the pages
         * are the same, of the block's manager, as the block has their ids. The block is the list's from then on; where
         * it is refused, it stays the caller's.
         *
         * @throws ElementLayoutException when it holds anything but an append-only list of elements of [type] of this
         *   version, or its pages are gone
         * @throws BlockClosedException when the block is closed
         */
        @JvmStatic
        public fun <E> open(type: ElementType<E>, block: Block): OffHeapAppendList<E> {
            val shift = block.withSegment { check(block, it.raw, type) }
            return OffHeapAppendList(type, block, shift).also {
                it.attach()
                it.adopt()
            }
        }

        private fun check(block: Block, raw: MemorySegment, type: ElementType<*>): Int {
            checkHeader(block, raw, BLOCK_BYTES, APPEND_LIST_KIND, VERSION, type)
            val shift = readLong(raw, BASE_SHIFT_AT)
            val runs = readLong(raw, RUN_COUNT_AT)
            val room = readLong(raw, CAPACITY_AT)
            val fits = runs in 0..MOST_RUNS && shift in 0..Long.SIZE_BITS - 2 - runs
            val base = 1L shl shift.toInt()
            if (!fits || room != (base shl runs.toInt()) - base || readLong(raw, COUNT_AT) !in 0..room) {
                throw damagedHeader(block, "append-only list")
            }
            return shift.toInt()
        }
    }
}
