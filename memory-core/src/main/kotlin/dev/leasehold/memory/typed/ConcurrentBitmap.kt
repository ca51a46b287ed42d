package dev.leasehold.memory.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.GuardBytesException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.explain
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.internal.typed.BitTable
import dev.leasehold.memory.internal.typed.BitmapPart
import dev.leasehold.memory.internal.typed.BitmapParts
import dev.leasehold.memory.internal.typed.closeAll
import dev.leasehold.memory.internal.typed.racingFree
import java.util.function.LongConsumer

/**
 * Bits off the heap that any number of threads allocate and free, one at a time or up to 64 that follow one another:
 * which of many places are in use.
 *
 * **Runs.** A run may lie anywhere, also across the border of two words. It is cleared with [free], as a whole.
 * **Refusals.** [tryAllocate] returns -1 and [allocate] throws when no run is found: every place was seen taken during
 * the search, each at its own moment. A run that another thread was about to take, and then did not, may be
 * overlooked.
 * **Growth.** [grow] adds bits while others go on; the bits that are there stay where they are.
 * **Ownership.** Make it with a [MemoryManager], and [close] it.
 * **Threads.** Any, all functions. Lock-free, but for [grow] and [close]. What a thread did before it freed a run is
 * seen by the thread that allocates it.
 * **Memory.** An eighth of a byte for each bit, and 64 bytes for each block. Its state lies in its [blocks], as word
 * numbers: a bitmap can be [opened][open] again wherever they lie.
 * **Cost.** One compare-and-set to allocate, one to free; two where a run lies in two words. The search begins where
 * the last one ended, or where the thread has freed last; it looks at 64 bits at a time.
 *
 * @sample dev.leasehold.memory.samples.numberedPlaces
 */
public class ConcurrentBitmap private constructor(parts: BitmapParts) : AutoCloseable {
    private val name = parts.manager.name
    private val first = parts.first

    // Under this object's lock; null when it is closed.
    private var parts: BitmapParts? = parts

    // Null when it is closed; replaced by a growth.
    @Volatile private var table: BitTable? = parts.table

    /**
     * Makes a bitmap of [size] bits, all clear.
     *
     * **Cost.** An allocation, which is zeroed.
     *
     * @throws InvalidSizeException when [size] is not positive, above 2^46, or more than [manager] can allocate
     * @throws MemoryExhaustedException when a limit or the system stops it
     * @throws ManagerClosedException when [manager] is closed
     */
    public constructor(manager: MemoryManager, size: Long) :
        this(BitmapParts.allocate(manager, requireBits(manager.name, size)))

    /**
     * How many bits there are.
     *
     * @throws TypedMemoryClosedException when the bitmap is closed
     */
    public val size: Long get() = open().size

    /** How many bytes of memory it takes, everything included; 0 when it is closed. */
    public val byteSize: Long get() = blocks.sumOf { it.size }

    /**
     * The blocks that it lies in, in their order. They are the bitmap's, not the caller's. None when it is closed.
     */
    public val blocks: List<Block> @Synchronized get() = parts?.blocks.orEmpty()

    /** Whether it has been closed. A moment's truth, for diagnosis. */
    public val isClosed: Boolean get() = table == null

    // ---- allocating ----

    /**
     * Sets [length] bits that follow one another and were all clear.
     *
     * @return the first of them; -1 when there is no such run
     * @throws InvalidSizeException when [length] is not from 1 to 64
     * @throws TypedMemoryClosedException when the bitmap is closed
     */
    @JvmOverloads
    public fun tryAllocate(length: Int = 1): Long {
        val _ = requireRun(name, length)
        while (true) {
            val table = open()
            val found = guarded { table.allocate(length, group()) }
            if (found >= 0 || this.table === table) return maxOf(found, -1)
        }
    }

    /**
     * [tryAllocate], or the refusal.
     *
     * @return the first of them
     * @throws BitmapFullException when there is no such run
     * @throws InvalidSizeException when [length] is not from 1 to 64
     * @throws TypedMemoryClosedException when the bitmap is closed
     */
    @JvmOverloads
    public fun allocate(length: Int = 1): Long {
        val found = tryAllocate(length)
        return if (found >= 0) found else throw bitmapFull(name, length, size, count())
    }

    /**
     * Clears the [length] bits from [first] on, which must all be set. Racing frees of one run clear it once, and
     * refuse the others.
     *
     * @throws BitNotSetException when one is not set: it was freed twice, or never allocated. Nothing has changed,
     *   unless another thread cleared only a part of the run, that beyond a border of words, at the same moment; then
     *   the rest is clear as well
     * @throws ElementBoundsException when the bits are not all there
     * @throws InvalidSizeException when [length] is not from 1 to 64
     * @throws TypedMemoryClosedException when the bitmap is closed
     */
    @JvmOverloads
    public fun free(first: Long, length: Int = 1) {
        val refused = freed(first, length)
        if (refused >= 0) throw bitNotSet(name, first, length, refused)
    }

    /** [free] that returns false in the place of a [BitNotSetException]. */
    @JvmOverloads
    public fun tryFree(first: Long, length: Int = 1): Boolean = freed(first, length) < 0

    private fun freed(first: Long, length: Int): Long {
        val last = first + requireRun(name, length) - 1
        return using {
            val _ = requireBit(it, first)
            val _ = requireBit(it, last)
            it.free(first, length, group())
        }
    }

    // ---- single bits ----

    /**
     * Whether the bit at [index] is set.
     *
     * @throws ElementBoundsException when there is no such bit
     * @throws TypedMemoryClosedException when the bitmap is closed
     */
    public operator fun get(index: Long): Boolean = using { it.test(requireBit(it, index)) }

    /**
     * Sets the bit at [index], also one that no one has allocated.
     *
     * @return whether this has set it; false when it was set
     * @throws ElementBoundsException when there is no such bit
     * @throws TypedMemoryClosedException when the bitmap is closed
     */
    @IgnorableReturnValue
    public fun set(index: Long): Boolean = using { it.set(requireBit(it, index)) }

    /** Sets the bit at [index], or clears it: as [set] and [clear]. */
    public operator fun set(index: Long, value: Boolean) {
        if (value) set(index) else clear(index)
    }

    /**
     * Clears the bit at [index].
     *
     * @return whether this has cleared it; false when it was clear
     * @throws ElementBoundsException when there is no such bit
     * @throws TypedMemoryClosedException when the bitmap is closed
     */
    @IgnorableReturnValue
    public fun clear(index: Long): Boolean = using { it.clear(requireBit(it, index)) }

    // ---- all bits ----

    /**
     * Clears all bits, word by word: what others set meanwhile may stay or not.
     *
     * @throws TypedMemoryClosedException when the bitmap is closed
     */
    public fun clear(): Unit = using { it.clear() }

    /**
     * How many bits are set. **Cost.** A look at every word: while others go on, each at its own moment.
     *
     * @throws TypedMemoryClosedException when the bitmap is closed
     */
    public fun count(): Long = using { it.count() }

    /**
     * The first bit from [from] on that is set; -1 when none is.
     *
     * @throws ElementBoundsException when [from] is not from 0 to [size]
     * @throws TypedMemoryClosedException when the bitmap is closed
     */
    public fun nextSet(from: Long): Long = using {
        if (from == it.size) -1 else it.nextSet(requireBit(it, from))
    }

    /**
     * Calls [action] with each bit that is set, in order: while others go on, each as it is at its own moment.
     *
     * @throws TypedMemoryClosedException when the bitmap is closed
     */
    @JvmSynthetic
    public inline fun forEachSet(action: (Long) -> Unit) {
        var bit = nextSet(0)
        while (bit >= 0) {
            action(bit)
            bit = nextSet(bit + 1)
        }
    }

    /** [forEachSet] for Java. */
    public fun forEachSet(action: LongConsumer): Unit = forEachSet { action.accept(it) }

    /** The bits that are set, in order: while others go on, each as it is at its own moment. */
    @JvmSynthetic
    public operator fun iterator(): LongIterator = SetBits(this)

    // ---- growth and end ----

    /**
     * Lets there be at least [size] bits: those there are as they are, and clear ones behind them. Does nothing when
     * there are so many.
     *
     * **Threads.** Others may go on meanwhile, and find the new bits when this has returned.
     * **Cost.** Nothing to speak of where there is room; else another block, which is zeroed, with at least as many
     * bits as there are: so there are never more than some tens of blocks.
     *
     * @throws InvalidSizeException when [size] is not positive, above 2^46, or needs more than the manager can
     *   allocate; nothing has changed
     * @throws MemoryExhaustedException when a limit or the system stops it; nothing has changed
     * @throws ManagerClosedException when the manager is closed; nothing has changed
     * @throws TypedMemoryClosedException when the bitmap is closed
     */
    @Synchronized
    public fun grow(size: Long) {
        val parts = parts ?: throw closedBitmap(name)
        if (requireBits(name, size) <= parts.table.size) return
        parts.grow(size)
        table = parts.table
    }

    /**
     * Ends the bitmap, and hands its blocks over in their order, with all bits as they are: see [open]. It is closed
     * afterwards.
     *
     * **Ownership.** The bitmap's reference to each block is the caller's.
     * **Threads.** No other may use the bitmap meanwhile.
     *
     * @throws TypedMemoryClosedException when the bitmap is closed
     */
    @Synchronized
    public fun release(): List<Block> {
        val blocks = (parts ?: throw closedBitmap(name)).blocks
        parts = null
        table = null
        return blocks
    }

    /**
     * Gives the memory back. What uses the bitmap at that moment completes or is refused, and never reaches another's
     * memory. Closing again does nothing.
     *
     * @throws GuardBytesException when the bytes around a block were overwritten, in a checked manager; the bitmap *is*
     *   closed
     */
    @Synchronized
    override fun close() {
        val blocks = blocks
        parts = null
        table = null
        closeAll(blocks)
    }

    /** How many bits there are, how many are set, and the manager, for logs. */
    override fun toString(): String {
        val table = table ?: return "ConcurrentBitmap(closed, manager '$name')"
        return "ConcurrentBitmap(${grouped(table.size)} bits, ${grouped(count())} set, manager '$name')"
    }

    private fun open(): BitTable = table ?: throw closedBitmap(name)

    private inline fun <R> using(action: (BitTable) -> R): R {
        val table = open()
        return guarded { action(table) }
    }

    private inline fun <R> guarded(action: () -> R): R = racingFree(action) { cut ->
        // It was closed in the middle; or all blocks were taken back by the manager.
        throw if (isClosed) closedBitmap(name) else explain(cut, first.raw, 0, Long.SIZE_BYTES.toLong())
    }

    private fun requireBit(table: BitTable, index: Long): Long {
        val size = table.size
        return if (index in 0 until size) index else throw noSuchBit(name, index, size)
    }

    private fun group(): Int = Thread.currentThread().threadId().toInt()

    private class SetBits(private val bitmap: ConcurrentBitmap) : LongIterator() {
        private var next = bitmap.nextSet(0)

        override fun hasNext(): Boolean = next >= 0

        override fun nextLong(): Long {
            if (next < 0) throw NoSuchElementException("No further bit is set")
            return next.also { next = bitmap.nextSet(it + 1) }
        }
    }

    /** Finds bitmaps in blocks. */
    public companion object {
        /**
         * Opens the bitmap that was [released][release] in [blocks], or just left there: all of them, in their order.
         *
         * **Ownership.** The caller's reference to each block is the bitmap's; where this throws, they are still the
         * caller's. Further blocks come from the manager of the first.
         * **Threads.** Nothing else may use the bitmap that is there.
         *
         * @throws ElementLayoutException when they are not all the blocks of one bitmap of this version, in their order
         * @throws BlockClosedException when one of them is closed
         */
        @JvmStatic
        public fun open(blocks: List<Block>): ConcurrentBitmap {
            if (blocks.isEmpty()) throw noBlocks()
            val parts = blocks.map(BitmapPart::find)
            var words = 0L
            for ((number, part) in parts.withIndex()) {
                if (!part.isPart(number, words)) throw noBitmapIn(part.block, number)
                words += part.count
            }
            val size = parts.first().bits
            if (size !in 1..words * Long.SIZE_BITS) throw incompleteBitmap(parts.first().block, size, words)
            return ConcurrentBitmap(BitmapParts.of(parts))
        }
    }
}
