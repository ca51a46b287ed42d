package dev.leasehold.memory.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.Segment
import dev.leasehold.memory.copy
import java.lang.foreign.MemorySegment
import java.util.function.LongUnaryOperator
import java.util.function.ToLongFunction

/**
 * A dictionary off the heap: what `HashMap` is, for keys and values that are primitives or structs.
 *
 * ```
 * OffHeapDictionary(ElementType.LONG, ElementType.INT, manager).use { counts ->
 *     counts[word] = 1                            // keys that are longs or ints: straight to the value
 *     val at = counts.getOrPut(word)              // any key: to the place of its entry, made with zeros if it is new
 *     counts[at] += 1                             // by reference: no second search
 *     counts.forEach { println("${counts.key(it)}: ${counts[it]}") }
 * }
 * ```
 *
 * **Places.** `find` and `getOrPut` return the [Place] of an entry, by which its value is read and written. That is a
 * number and no object. It stays good while entries are only added within the [capacity]; after a removal, a growth, a
 * shrink or a clear it is refused with [CollectionChangedException]. A struct as value is a view, `dictionary[place]`,
 * which sees the entry's place and not the entry; see [OffHeapCollection] for how long.
 *
 * Extensions do this for keys and values of each type. To Java they are static methods of `OffHeap`, where a place is a
 * `long`, negative when there is no entry: `OffHeap.intAt(counts, OffHeap.find(counts, word))`.
 *
 * **Keys.** Primitives are equal when their bits are: -0.0 is not 0.0, and all NaNs are one. Structs are equal when all
 * their bytes are, the padding between fields included: build keys in zeroed memory. The key in an entry must not be
 * changed. How keys are spread can be chosen, see [KeyHash].
 *
 * **Order.** Entries are iterated in no order that means anything. An iteration fails with [CollectionChangedException]
 * when entries come or go meanwhile, but for [removeIf], which is made for that. Setting values is allowed.
 *
 * **Ownership, growth, threads.** See [OffHeapCollection]. A refused growth changes nothing.
 * **Cost.** A search is a multiplication and mostly one line of the cache; at most two thirds of the slots are taken, a
 * third to two thirds once it has grown. Growing moves all entries to a block of twice the size, so for a moment both
 * are there. To remove an entry moves those close behind it.
 */
public class OffHeapDictionary<K, V> private constructor(
    /** What a key is. */
    public val keyType: ElementType<K>,
    /** What a value is. */
    public val valueType: ElementType<V>,
    hash: KeyHash<*>,
    block: Block,
) : OffHeapCollection(block) {
    @JvmField internal val keyBytes: Long = keyType.byteSize

    /** How wide the mark is that says whether a slot is taken: a primitive key, or the hash of a struct. */
    @JvmField internal val markBytes: Int = if (isMarked(keyType)) Long.SIZE_BYTES else keyBytes.toInt()

    @JvmField internal val keyAt: Long = keyOffset(keyType)

    @JvmField internal val valueAt: Long = valueOffset(keyType, valueType)

    @JvmField internal val stride: Long = strideOf(keyType, valueType)

    /** Where the first slot lies in the block; that before it is for the key 0. */
    @JvmField internal val first: Long = firstOf(keyType, valueType)

    @JvmField internal val ofBits: LongUnaryOperator? = hash.ofBits

    @JvmField internal val ofBytes: ToLongFunction<MemorySegment>? = hash.ofBytes

    /** Where the last slot ends. */
    @JvmField internal var end: Long = 0

    /** See [shiftFor]. */
    @JvmField internal var shift: Int = 0

    @JvmField internal var multiplier: Long = 0

    /** How many entries there may be before the table must grow. */
    @JvmField internal var limit: Long = -1

    /** Whether there is an entry of the key 0. */
    @JvmField internal var zero: Boolean = false

    internal val alignment: Long get() = maxOf(HEADER_BYTES, slotAlignment(keyType, valueType))

    override val kindName: String get() = "dictionary of ${nameOf(keyType)} to ${nameOf(valueType)}"

    override val capacity: Long get() {
        requireOpen()
        return limit
    }

    override fun reserve(capacity: Long) {
        requireCapacity(capacity)
        if (capacity > limit) rehash(slotsFor(capacity)) { }
    }

    override fun shrink() {
        val slots = slotsFor(size)
        if (slots < slots()) rehash(slots) { }
    }

    override fun clear() {
        requireOpen()
        changes++
        guarded {
            Segment.of(raw.asSlice(first - stride, end - first + stride)).zero()
            zeroCounted(false)
            counted(0)
        }
    }

    /**
     * Puts all entries of [other] into this dictionary, over those with the same keys.
     *
     * @throws ElementLayoutException when its keys or values have other sizes
     * @throws MemoryExhaustedException when a limit or the system stops it; what was put by then stays
     */
    public fun putAll(other: OffHeapDictionary<K, V>) {
        requireOpen()
        if (other === this) return
        if (other.keyBytes != keyBytes) throw wrongElement(describe(), other.keyBytes, keyBytes)
        if (other.valueType.byteSize != valueType.byteSize) {
            throw wrongElement(describe(), other.valueType.byteSize, valueType.byteSize)
        }
        reserve(maxOf(size, other.size))
        other.forEach { from ->
            val at = other.offsetOf(from)
            val claimed = if (keyAt > 0) claimStruct(other.keyIn(at)) else claimMark(other.markIn(other.raw, at))
            copy(other.raw, at + other.valueAt, raw, entryOf(claimed) + valueAt, valueType.byteSize)
        }
    }

    // ---- places ----

    /**
     * Where an entry of one dictionary is: what its value is read and written by. A number and no object; see
     * [OffHeapDictionary] for how long it is good.
     */
    @JvmInline
    public value class Place internal constructor(internal val bits: Long) {
        /** Whether there is such an entry. */
        public val isPresent: Boolean get() = bits >= 0

        /** Whether `getOrPut` has just made the entry, with zeros as its value. */
        public val isNew: Boolean get() = bits >= 0 && bits and NEW != 0L

        /** Whether the entry is there, for logs. */
        override fun toString(): String = if (isPresent) "Place(${bits and OFFSET})" else "Place(none)"
    }

    /** The place of what was found at [at], which is negative when there is nothing. */
    internal fun found(at: Long): Place = Place(if (at >= 0) at or placeStamp() else NOWHERE)

    /** The place of what was claimed at [at], which is the inverse when it is new. */
    internal fun claimed(at: Long): Place = Place(if (at >= 0) at or placeStamp() else at.inv() or placeStamp() or NEW)

    private fun placeStamp() = (changes and STAMP).toLong() shl OFFSET_BITS

    /** The entry that was claimed at [at], new or not. */
    internal fun entryOf(at: Long): Long = if (at >= 0) at else at.inv()

    /** Where the entry at [place] is, if entries have not moved since. */
    internal fun offsetOf(place: Place): Long {
        val bits = place.bits
        if (bits < 0) throw noEntry(describe())
        if ((bits ushr OFFSET_BITS).toInt() and STAMP != changes and STAMP) throw movedMeanwhile(describe())
        return bits and OFFSET
    }

    /** Runs [action] with the bytes and the offset of the value at [place]. */
    internal inline fun <R> value(place: Place, action: (MemorySegment, Long) -> R): R = guarded {
        action(raw, offsetOf(place) + valueAt)
    }

    /** A view of the key of the entry at [at]. */
    internal fun keyIn(at: Long): MemorySegment = raw.asSlice(at + keyAt, keyBytes)

    /** Runs [action] with the bytes and the offset of the key at [place]. */
    internal inline fun <R> key(place: Place, action: (MemorySegment, Long) -> R): R = guarded {
        action(raw, offsetOf(place) + keyAt)
    }

    /** The exception for [key], of which there is no entry. */
    internal fun missing(key: Long): RuntimeException = noEntryFor(describe(), key.toString())

    /** Runs [write] with the bytes and the offset of the value of the entry that was claimed at [at], if it is new. */
    internal inline fun putNew(at: Long, write: (MemorySegment, Long) -> Unit): Boolean {
        if (at < 0) write(raw, at.inv() + valueAt)
        return at < 0
    }

    /** Removes the entry at [at] unless that is negative, and returns whether it did. */
    internal fun removeFound(at: Long): Boolean {
        if (at >= 0) vacate(at)
        return at >= 0
    }

    // ---- iteration ----

    /** The place of the first entry at [slot] or behind it, or none. */
    internal fun nextFrom(slot: Long): Place = found(entryFrom(slot))

    /** Where the first entry at [slot] or behind it is, or -1. */
    internal fun entryFrom(slot: Long): Long = guarded {
        var at = slot
        while (at < end && markIn(raw, at) == 0L) at += stride
        if (at < end) at else -1
    }

    /** Where the first entry is, or -1. */
    internal fun firstEntry(): Long {
        requireOpen()
        return if (zero) first - stride else entryFrom(first)
    }

    internal fun pass(): Pass = Pass()

    /** Goes over all entries, for iterators. */
    internal inner class Pass {
        private val before = size
        private val seen = changes
        private var next = firstEntry()

        fun hasNext(): Boolean = next >= 0

        /** Goes to the next entry and lets [read] read it. */
        inline fun <R> next(read: (MemorySegment, Long) -> R): R {
            val at = advance()
            return guarded { read(raw, at) }
        }

        private fun advance(): Long {
            requireSame(before, seen)
            val at = next
            if (at < 0) throw NoSuchElementException("There are only $before entries")
            next = entryFrom(at + stride)
            return at
        }
    }

    @PublishedApi
    internal fun sweep(): Sweep = Sweep()

    /**
     * Goes over all entries while some of them are removed. It begins behind a free slot, so that a removal never moves
     * an entry between the part that it has seen and the one that it has not.
     */
    @PublishedApi
    internal inner class Sweep {
        private var expected = size
        private var seen = changes
        private var zeroNext = zero
        private var left = slots()
        private var at = first

        init {
            while (markIn(raw, at) != 0L) at += stride
        }

        /** The place of the next entry, or none. */
        fun next(): Place {
            if (zeroNext) return found(first - stride)
            while (left > 0 && markIn(raw, at) == 0L) step()
            return found(if (left > 0) at else -1)
        }

        /** Removes or leaves the entry that [next] came to, and goes on. */
        fun decide(remove: Boolean) {
            requireSame(expected, seen)
            if (remove) {
                vacate(if (zeroNext) first - stride else at)
                expected = count
                seen = changes
                zeroNext = false
            } else if (zeroNext) {
                zeroNext = false
            } else {
                step()
            }
        }

        private fun step() {
            at += stride
            if (at == end) at = first
            left--
        }
    }

    // ---- the block ----

    private fun slots() = (end - first) / stride

    /** [shiftOf] the number of [slots], with a mark where keys are hashed by [ofBits]. */
    internal fun shiftFor(slots: Long): Int = shiftOf(slots) + if (ofBits == null) 0 else OWN_HASH

    /** Refuses a view that is not exactly one key. */
    internal fun requireKey(key: MemorySegment) {
        if (key.byteSize() != keyBytes) throw wrongElement(describe(), key.byteSize(), keyBytes)
    }

    internal override fun load(raw: MemorySegment) {
        val slots = readLong(raw, CAPACITY_AT)
        end = first + slots * stride
        shift = shiftFor(slots)
        limit = limitOf(slots)
        multiplier = readLong(raw, MULTIPLIER_AT)
        zero = readLong(raw, ZERO_AT) != 0L
        count = readLong(raw, COUNT_AT)
    }

    internal override fun unload() {
        limit = -1
    }

    /** Makes dictionaries, and opens them again. */
    public companion object {
        /** How many bits of a place are the offset of its entry. */
        internal const val OFFSET_BITS: Int = 44
        private const val OFFSET = (1L shl OFFSET_BITS) - 1
        private const val STAMP = (1 shl 18) - 1
        private const val NEW = 1L shl 62
        private const val NOWHERE = -1L

        /**
         * Makes an empty dictionary whose block is [manager]'s, by default the process's own, with room for [capacity]
         * entries: `OffHeapDictionary(ElementType.LONG, Particle)`. The caller closes it.
         *
         * @param hash how keys are spread; by default by all their bits or bytes
         * @throws ElementLayoutException when [hash] is not for keys of this type
         * @throws ElementBoundsException when [capacity] is negative
         * @throws InvalidSizeException when no block of the manager can have as many bytes
         * @throws MemoryExhaustedException when a limit or the system stops it
         * @throws ManagerClosedException when the manager is closed
         */
        @JvmSynthetic
        public operator fun <K, V> invoke(
            keyType: ElementType<K>,
            valueType: ElementType<V>,
            manager: MemoryManager = MemoryManager.system(),
            capacity: Long = 0,
            hash: KeyHash<K>? = null,
        ): OffHeapDictionary<K, V> = of(keyType, valueType, manager, capacity, hash)

        /** Makes an empty dictionary, for Java: as [OffHeapDictionary] in Kotlin. */
        @JvmStatic
        @JvmOverloads
        public fun <K, V> of(
            keyType: ElementType<K>,
            valueType: ElementType<V>,
            manager: MemoryManager,
            capacity: Long = 0,
            hash: KeyHash<K>? = null,
        ): OffHeapDictionary<K, V> {
            val spread = hashFor(keyType, hash)
            if (capacity < 0) throw noSuchCapacity("A dictionary from manager '${manager.name}'", capacity)
            val block = newTable(keyType, valueType, manager, slotsFor(capacity), spread)
            return attached(block) { OffHeapDictionary(keyType, valueType, spread, it) }
        }

        private fun hashFor(keyType: ElementType<*>, hash: KeyHash<*>?): KeyHash<*> {
            val marked = isMarked(keyType)
            if (hash == null) return if (marked) KeyHash.BYTES else KeyHash.BITS
            if (if (marked) hash.ofBytes != null else hash.ofBits != null) return hash
            throw ElementLayoutException(
                "$hash is of ${if (marked) "bits" else "bytes"}, and the keys are of ${nameOf(
                    keyType,
                )}: primitives are " +
                    "hashed by KeyHash.ofBits, structs by KeyHash.ofBytes",
            )
        }

        /**
         * The dictionary whose bytes are in [block], wherever they lay when it was made. The block is the dictionary's
         * from then on; where it is refused, it stays the caller's.
         *
         * @param hash the one that it was made with
         * @throws ElementLayoutException when it holds anything but a dictionary of these types and of this version, or
         *   one with another [hash]
         * @throws BlockClosedException when the block is closed
         */
        @JvmStatic
        @JvmOverloads
        public fun <K, V> open(
            keyType: ElementType<K>,
            valueType: ElementType<V>,
            block: Block,
            hash: KeyHash<K>? = null,
        ): OffHeapDictionary<K, V> {
            val spread = hashFor(keyType, hash)
            checkAlignment(block, slotAlignment(keyType, valueType), "dictionary")
            block.withSegment { checkTable(block, it.raw, keyType, valueType, spread) }
            return OffHeapDictionary(keyType, valueType, spread, block).also { it.attach() }
        }
    }
}
