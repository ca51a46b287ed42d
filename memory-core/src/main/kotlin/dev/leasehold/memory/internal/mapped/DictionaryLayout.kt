package dev.leasehold.memory.internal.mapped

/**
 * How a dictionary lies in its file. It is an extendible hash table (Fagin, Nievergelt, Pippenger and Strong, 1979): a
 * directory of a power of two of words, found by the first bits of a key's hash, leads to segments of equal size, each
 * with entries in open addressing. A segment that is full is split by the next bit, and the directory doubled when a
 * segment needs more bits than it has. So growth is by steps that are the same however large the dictionary is, and the
 * lock of a segment is a stripe of which there are more the more entries there are.
 *
 * Segments that were split are kept for the next split, and never become anything else: a thread that still waits for
 * the lock of one then has a lock of this dictionary, and sees by the directory that it is the wrong one.
 */
internal object DictionaryLayout {
    // ---- the head, which a root leads to ----
    const val HEAD_BYTES: Long = 256

    /** `LHMAPDIC`, as it lies in the file. */
    const val KIND: Long = 0x4349_4450_414D_484CL
    const val KIND_AT: Long = 0
    const val VERSION_AT: Long = 8
    const val VERSION: Long = 1

    /** The reference to the directory. */
    const val DIRECTORY_AT: Long = 16

    /** The reference to a segment that is not in use, or 0. */
    const val SPARE_AT: Long = 24

    /** The lock of the directory. */
    const val LOCK_AT: Long = 64

    // ---- the directory: how many bits find a place in it, and a reference to a segment in each place ----
    const val DEPTH_AT: Long = 0
    const val PLACES_AT: Long = 64

    /** The most bits. */
    const val MOST_DEPTH: Int = 28

    fun directoryBytes(depth: Int): Long = PLACES_AT + (Long.SIZE_BYTES.toLong() shl depth)

    /** Where the place for [hash] is in a directory of [depth]. */
    fun placeOf(hash: Long, depth: Int): Long =
        PLACES_AT + (if (depth == 0) 0 else hash ushr Long.SIZE_BITS - depth) * Long.SIZE_BYTES

    // ---- a segment ----
    const val SEGMENT_BYTES: Long = 32768
    const val SEGMENT_LOCK_AT: Long = 0

    /** Odd while a change is made; and another number afterwards. */
    const val SEQUENCE_AT: Long = 8

    /** How many bits of the hash all its entries have in common. */
    const val BITS_AT: Long = 16

    /** How many entries it has. */
    const val COUNT_AT: Long = 24

    /** How many slots are not [VACANT]. */
    const val USED_AT: Long = 32
    const val SLOTS_AT: Long = 64
    const val SLOTS: Int = ((SEGMENT_BYTES - SLOTS_AT) / Long.SIZE_BYTES).toInt()

    /** With more than this many slots in use a segment is split. */
    const val MOST_USED: Int = SLOTS / 4 * 3

    /** The slot where the search for [hash] begins. */
    fun slotOf(hash: Long): Int = ((hash and 0xffff_ffffL) * SLOTS ushr Int.SIZE_BITS).toInt()

    fun slotAt(slot: Int): Long = SLOTS_AT + slot * Long.SIZE_BYTES

    // ---- a slot: 12 bits the block of a run, 24 the span, 6 the code, and 16 bits of the hash ----
    const val VACANT: Long = 0

    /** There was an entry: a search goes on. */
    const val REMOVED: Long = 1
    private const val INDEX_BITS = 12
    private const val SPAN_SHIFT = 12
    private const val CODE_SHIFT = 36
    private const val TAKEN: Long = 1L shl 42
    private const val TAG_SHIFT = 48

    fun slot(hash: Long, place: Place): Long = (tagOf(hash) shl TAG_SHIFT) or TAKEN or
        (place.shape.code.toLong() shl CODE_SHIFT) or (place.span shl SPAN_SHIFT) or place.index.toLong()

    fun isEntry(slot: Long): Boolean = slot and TAKEN != 0L

    /** Sixteen bits that say neither where in the directory nor where in the segment an entry is. */
    private fun tagOf(hash: Long): Long = hash ushr 24 and 0xffff

    fun hasTag(slot: Long, hash: Long): Boolean = slot ushr TAG_SHIFT == tagOf(hash)

    fun spanIn(slot: Long): Long = slot.part(SPAN_SHIFT, 24)

    fun codeIn(slot: Long): Int = slot.part(CODE_SHIFT, 6).toInt()

    fun indexIn(slot: Long): Int = slot.part(0, INDEX_BITS).toInt()

    /** Where the block of the entry in the slot [word] begins. */
    fun entryAt(word: Long, layout: FileLayout): Long =
        layout.spanAt(spanIn(word)) + RunShape.of(codeIn(word)).blockOf(indexIn(word))

    // ---- an entry ----
    const val HASH_AT: Long = 0

    /** How many bytes the key has, in the lower half of the word, and the value. */
    const val LENGTHS_AT: Long = 8
    const val KEY_AT: Long = 16

    fun lengths(keyBytes: Int, valueBytes: Int): Long = (valueBytes.toLong() shl Int.SIZE_BITS) or keyBytes.toLong()

    fun keyLength(lengths: Long): Long = lengths and 0xffff_ffffL

    fun valueLength(lengths: Long): Long = lengths ushr Int.SIZE_BITS

    /** Where the value of an entry with a key of [keyBytes] begins: at a multiple of eight. */
    fun valueAt(keyBytes: Long): Long = KEY_AT + (keyBytes + Long.SIZE_BYTES - 1 and -Long.SIZE_BYTES.toLong())

    fun entryBytes(keyBytes: Int, valueBytes: Int): Long = valueAt(keyBytes.toLong()) + valueBytes
}
