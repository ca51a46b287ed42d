package dev.leasehold.memory.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.MalformedTextException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.Segment
import dev.leasehold.memory.copy
import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.utf8Size
import java.lang.foreign.MemorySegment

/**
 * Strings off the heap, each of them once, with a number for each: what `String.intern` is, and back.
 *
 * ```
 * StringTable(manager).use { names ->
 *     val id = names.intern("Ada")     // 0: the first string; the same number each time
 *     names[id]                        // "Ada"
 *     names.idOf("Grace")              // -1: not there
 * }
 * ```
 *
 * Ids are given in order, from 0 on, and stay for as long as the table lives: nothing can be removed but everything. So
 * a struct refers to a string by four bytes. Strings are kept as UTF-8, one behind the other.
 *
 * **Ownership, growth, threads.** See [OffHeapCollection]. All is in one block, in which ids, offsets and the index are
 * numbers: so the table's whole state is found from the block alone.
 * **Cost.** A string takes its bytes in UTF-8, 8 for where it ends and 12 to 24 for the index. To look one up encodes
 * it into an array, hashes that, and compares it with one string as a rule; to get one decodes it. Growing copies all
 * bytes, or moves their pages where only the text is full.
 */
public class StringTable private constructor(block: Block) :
    OffHeapCollection(block),
    Iterable<String> {
    // | header | index: slots * 8 | ends: limit * 8 | text |
    //
    // A slot of the index has 32 bits of the string's hash above its id + 1, and is 0 when it is free: linear probing,
    // at most two thirds full, from the place that the same 32 bits say. An end is where the text of an id ends, counted
    // from the first text; it begins where that of the id before it ends.

    private var shift = 0
    private var limit = -1L
    private var endsAt = 0L
    private var textAt = 0L
    private var used = 0L

    override val kindName: String get() = "string table"

    override val capacity: Long get() {
        requireOpen()
        return limit
    }

    /** How many bytes all strings have in UTF-8. */
    public val textSize: Long get() {
        requireOpen()
        return used
    }

    /**
     * The id of [text], which is added if it is not there yet.
     *
     * @throws MalformedTextException when it has a lone surrogate; nothing is added
     * @throws ElementBoundsException when there are as many strings as there can be ids (2 Gi - 1)
     * @throws MemoryExhaustedException when a limit or the system stops it; the table is as it was
     */
    @IgnorableReturnValue
    public fun intern(text: String): Int {
        val bytes = encoded(text)
        return interned(bytes, hashOf(bytes)) { }
    }

    /**
     * The id of the string whose UTF-8 is [utf8], which is added if it is not there yet. Throws what the other [intern]
     * does, [MalformedTextException] when it is no UTF-8.
     */
    @IgnorableReturnValue
    public fun intern(utf8: ByteArray): Int = interned(utf8, hashOf(utf8)) {
        val _ = Segment.of(MemorySegment.ofArray(utf8)).getUtf8()
    }

    private inline fun interned(bytes: ByteArray, hash: Int, check: () -> Unit): Int {
        val found = search(bytes, hash)
        if (found >= 0) return found.toInt()
        check()
        return added(bytes, hash, found.inv())
    }

    /**
     * The id of [text], or -1 when it is not there.
     *
     * @throws MalformedTextException when it has a lone surrogate
     */
    public fun idOf(text: String): Int = idOf(encoded(text))

    /** The id of the string whose UTF-8 is [utf8], or -1 when it is not there. */
    public fun idOf(utf8: ByteArray): Int = maxOf(-1L, search(utf8, hashOf(utf8))).toInt()

    /** Whether [text] is there. */
    public operator fun contains(text: String): Boolean = idOf(text) >= 0

    /**
     * The string with the number [id].
     *
     * @throws ElementBoundsException when there is none
     */
    public operator fun get(id: Int): String = asSegment(id).getUtf8()

    /**
     * A view of the UTF-8 of the string with the number [id], which must not be changed; see [OffHeapCollection] for how
     * long it is good.
     *
     * @throws ElementBoundsException when there is none
     */
    @JvmSynthetic
    public fun asSegment(id: Int): Segment = Segment.of(asMemorySegment(id))

    /** [asSegment] as the platform's type: the named crossing, and what Java uses. */
    public fun asMemorySegment(id: Int): MemorySegment {
        if (id < 0 || id >= size) throw noSuchElement(describe(), id.toLong(), size)
        return guarded { startOf(id.toLong()).let { raw.asSlice(textAt + it, endOf(id.toLong()) - it) } }
    }

    /**
     * All strings in the order of their ids. The iterator fails with [CollectionChangedException] when strings are added
     * meanwhile, or all removed.
     */
    override fun iterator(): Iterator<String> = Strings()

    private inner class Strings : Iterator<String> {
        private val before = size
        private val seen = changes
        private var id = 0

        override fun hasNext(): Boolean = id < before

        override fun next(): String {
            requireSame(before, seen)
            if (id >= before) throw NoSuchElementException("There are only $before strings")
            return get(id++)
        }
    }

    override fun reserve(capacity: Long) {
        requireCapacity(capacity)
        if (capacity > Int.MAX_VALUE) throw noSuchCapacity(describe(), capacity)
        if (capacity > limit) rebuild(slotsFor(capacity), raw.byteSize() - textAt)
    }

    /**
     * Makes room for [bytes] of UTF-8 in all. Throws what [reserve] does.
     */
    public fun reserveText(bytes: Long) {
        requireCapacity(bytes)
        if (bytes > raw.byteSize() - textAt) resizeBlock(sumOf(textAt, bytes))
    }

    override fun shrink() {
        val slots = slotsFor(size)
        if (slots < slots() || used < raw.byteSize() - textAt) rebuild(slots, used)
    }

    override fun clear() {
        requireOpen()
        changes++
        guarded {
            writeLong(raw, COUNT_AT, 0)
            writeLong(raw, USED_AT, 0)
            Segment.of(raw.asSlice(INDEX_AT, endsAt - INDEX_AT)).zero()
        }
        count = 0
        used = 0
    }

    // ---- searching ----

    private fun encoded(text: String): ByteArray {
        // Refuses what has no encoding, in place of a question mark.
        val size = text.utf8Size()
        return text.encodeToByteArray().also { check(it.size.toLong() == size) }
    }

    /** The id of the string of [bytes], or the inverse of where the free slot is that it would have. */
    private fun search(bytes: ByteArray, hash: Int): Long {
        requireOpen()
        return guarded { probe(bytes, hash) }
    }

    private fun probe(bytes: ByteArray, hash: Int): Long {
        val raw = raw
        var at = INDEX_AT + home(hash, shift) * Long.SIZE_BYTES
        while (true) {
            val entry = readLong(raw, at)
            if (entry == 0L) return at.inv()
            if ((entry ushr Int.SIZE_BITS).toInt() == hash) {
                val id = (entry.toInt() - 1).toLong()
                if (isText(id, bytes)) return id
            }
            at += Long.SIZE_BYTES
            if (at == endsAt) at = INDEX_AT
        }
    }

    private fun isText(id: Long, bytes: ByteArray): Boolean {
        val from = startOf(id)
        val to = endOf(id)
        if (to - from != bytes.size.toLong()) return false
        return MemorySegment.mismatch(
            raw,
            textAt + from,
            textAt + to,
            MemorySegment.ofArray(bytes),
            0,
            bytes.size.toLong(),
        ) < 0
    }

    private fun startOf(id: Long): Long = if (id == 0L) 0 else endOf(id - 1)

    private fun endOf(id: Long): Long = readLong(raw, endsAt + id * Long.SIZE_BYTES)

    private fun slots() = (endsAt - INDEX_AT) / Long.SIZE_BYTES

    // ---- adding ----

    /** Adds the string of [bytes], for which the slot at [free] is free, if nothing needs to grow. */
    private fun added(bytes: ByteArray, hash: Int, free: Long): Int {
        val length = bytes.size.toLong()
        var slot = free
        if (count == limit || used + length > raw.byteSize() - textAt) {
            makeRoom(length)
            slot = probe(bytes, hash).inv()
        }
        val id = count
        copy(MemorySegment.ofArray(bytes), 0, raw, textAt + used, length)
        writeLong(raw, endsAt + id * Long.SIZE_BYTES, used + length)
        writeLong(raw, USED_AT, used + length)
        writeLong(raw, COUNT_AT, id + 1)
        writeLong(raw, slot, (hash.toLong() shl Int.SIZE_BITS) or (id + 1))
        used += length
        count = id + 1
        return id.toInt()
    }

    private fun makeRoom(length: Long) {
        if (count == Int.MAX_VALUE.toLong()) throw noSuchCapacity(describe(), count + 1)
        val room = raw.byteSize() - textAt
        val needed = sumOf(used, length)
        val more = if (room < DOUBLES_BELOW) room else room / 2
        val text = if (needed <= room) room else maxOf(needed, minOf(room + more, manager.maxAllocation - textAt))
        changes++
        if (count == limit) rebuild(slotsFor(count + 1), text) else resizeBlock(sumOf(textAt, text))
    }

    /** Moves everything to a block with [slots] slots and room for [text] bytes. */
    private fun rebuild(slots: Long, text: Long) {
        val fresh = manager.allocateZeroed(sumOf(textAtFor(slots), text), HEADER_BYTES)
        replaceBlock(fresh, viewOf(fresh) { fill(it, slots) }) { }
    }

    private fun fill(to: MemorySegment, slots: Long) {
        copy(raw, 0, to, 0, INDEX_AT)
        writeLong(to, CAPACITY_AT, slots)
        val end = endsAtFor(slots)
        val shift = shiftOf(slots)
        for (at in INDEX_AT until endsAt step Long.SIZE_BYTES.toLong()) {
            val entry = readLong(raw, at)
            if (entry == 0L) continue
            var free = INDEX_AT + home((entry ushr Int.SIZE_BITS).toInt(), shift) * Long.SIZE_BYTES
            while (readLong(to, free) != 0L) {
                free += Long.SIZE_BYTES
                if (free == end) free = INDEX_AT
            }
            writeLong(to, free, entry)
        }
        copy(raw, endsAt, to, end, count * Long.SIZE_BYTES)
        copy(raw, textAt, to, textAtFor(slots), used)
    }

    internal override fun load(raw: MemorySegment) {
        val slots = readLong(raw, CAPACITY_AT)
        shift = shiftOf(slots)
        limit = minOf(limitOf(slots), Int.MAX_VALUE.toLong())
        endsAt = endsAtFor(slots)
        textAt = textAtFor(slots)
        used = readLong(raw, USED_AT)
        count = readLong(raw, COUNT_AT)
    }

    internal override fun unload() {
        limit = -1
    }

    /** Makes tables, and opens them again. */
    public companion object {
        private const val VERSION = 1
        private const val USED_AT = MORE_AT
        private const val INDEX_AT = LONG_HEADER_BYTES

        private fun endsAtFor(slots: Long) = sumOf(INDEX_AT, bytesOf(slots, Long.SIZE_BYTES.toLong()))

        private fun textAtFor(slots: Long) = sumOf(endsAtFor(slots), bytesOf(limitOf(slots), Long.SIZE_BYTES.toLong()))

        /**
         * Makes an empty table whose block is [manager]'s, by default the process's own, with room for [capacity]
         * strings and [textCapacity] bytes of UTF-8: `StringTable(manager)`. The caller closes it.
         *
         * @throws ElementBoundsException when one of them is negative, or [capacity] above 2 Gi - 1
         * @throws InvalidSizeException when no block of the manager can have as many bytes
         * @throws MemoryExhaustedException when a limit or the system stops it
         * @throws ManagerClosedException when the manager is closed
         */
        @JvmSynthetic
        public operator fun invoke(
            manager: MemoryManager = MemoryManager.system(),
            capacity: Long = 0,
            textCapacity: Long = 0,
        ): StringTable = of(manager, capacity, textCapacity)

        /** Makes an empty table, for Java: as [StringTable] in Kotlin. */
        @JvmStatic
        @JvmOverloads
        public fun of(manager: MemoryManager, capacity: Long = 0, textCapacity: Long = 0): StringTable {
            val what = "A string table from manager '${manager.name}'"
            if (capacity !in 0..Int.MAX_VALUE) throw noSuchCapacity(what, capacity)
            if (textCapacity < 0) throw noSuchCapacity(what, textCapacity)
            return attached(newBlock(manager, slotsFor(capacity), textCapacity), ::StringTable)
        }

        private fun newBlock(manager: MemoryManager, slots: Long, text: Long): Block {
            val block = manager.allocateZeroed(sumOf(textAtFor(slots), text), HEADER_BYTES)
            try {
                block.withSegment {
                    writeHeader(it.raw, LONG_HEADER_BYTES, STRING_TABLE_KIND, VERSION, ElementType.BYTE)
                    writeLong(it.raw, CAPACITY_AT, slots)
                }
                return block
            } catch (failure: Throwable) {
                block.close()
                throw failure
            }
        }

        /**
         * The table whose bytes are in [block], wherever they lay when it was made. The block is the table's from then
         * on; where it is refused, it stays the caller's.
         *
         * @throws ElementLayoutException when it holds anything but a string table of this version
         * @throws BlockClosedException when the block is closed
         */
        @JvmStatic
        public fun open(block: Block): StringTable {
            block.withSegment { check(block, it.raw) }
            return StringTable(block).also { it.attach() }
        }

        private fun check(block: Block, raw: MemorySegment) {
            checkHeader(block, raw, LONG_HEADER_BYTES, STRING_TABLE_KIND, VERSION, ElementType.BYTE)
            val slots = readLong(raw, CAPACITY_AT)
            val fits = slots > 1 && slots and (slots - 1) == 0L && readLong(raw, COUNT_AT) in 0..limitOf(slots) &&
                readLong(raw, USED_AT) in 0..raw.byteSize() - textAtFor(slots)
            if (!fits) throw damagedHeader(block, "string table")
        }
    }
}
