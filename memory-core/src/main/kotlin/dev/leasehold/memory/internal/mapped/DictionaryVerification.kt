package dev.leasehold.memory.internal.mapped

/**
 * Looks at the dictionary whose head is at [head], and changes nothing: that all it refers to is linked, and that each
 * entry is where a search for its key comes by.
 *
 * @param get the word at an offset, with what is committed and not stored yet
 */
internal class DictionaryVerification(
    private val words: FileWords,
    private val layout: FileLayout,
    private val head: Long,
    private val get: (Long) -> Long,
    private val fault: (Long, String) -> Unit,
) {
    /** How many blocks it consists of beside its head. */
    var blocks: Long = 0
        private set

    fun run() {
        val directory =
            linked(get(head + DictionaryLayout.DIRECTORY_AT), head + DictionaryLayout.DIRECTORY_AT) ?: return
        val depth = get(directory.offset + DictionaryLayout.DEPTH_AT)
        if (depth !in 0..DictionaryLayout.MOST_DEPTH || DictionaryLayout.directoryBytes(depth.toInt()) >
            directory.bytes(words)
        ) {
            return fault(directory.offset, "the directory of a dictionary cannot go by $depth bits")
        }
        val spare = get(head + DictionaryLayout.SPARE_AT)
        if (spare != 0L) linked(spare, head + DictionaryLayout.SPARE_AT)
        var place = 0L
        while (place < (1L shl depth.toInt())) place += checkSegment(directory.offset, place, depth.toInt())
    }

    /** The linked block of [ref], which stands at [at]; null, and a fault, when there is none. */
    @IgnorableReturnValue
    private fun linked(ref: Long, at: Long): Place? {
        val place = Place.of(words, layout, ref)
        val word = if (place == null) 0 else get(place.state)
        val isLinked =
            StateWord.state(word) == StateWord.LINKED && StateWord.generation(word) == RefWord.generation(ref)
        if (isLinked) blocks++ else fault(at, "a dictionary refers to a block that is not linked")
        return place.takeIf { isLinked }
    }

    /** Checks the segment of the directory's place [index]; returns of how many places it is. */
    private fun checkSegment(directory: Long, index: Long, depth: Int): Long {
        val at = directory + DictionaryLayout.PLACES_AT + index * Long.SIZE_BYTES
        val segment = linked(get(at), at)?.offset ?: return 1
        val bits = get(segment + DictionaryLayout.BITS_AT)
        val places = if (bits in 0..depth) 1L shl depth - bits.toInt() else 0
        if (places == 0L || index and places - 1 != 0L) {
            fault(segment, "a segment cannot have $bits bits at the place $index of a directory of $depth")
            return 1
        }
        for (other in index until index + places) {
            val same = get(directory + DictionaryLayout.PLACES_AT + other * Long.SIZE_BYTES) == get(at)
            if (!same) fault(at, "places $index and $other of a directory lead to different segments of $bits bits")
        }
        checkEntries(segment, index, depth, bits.toInt())
        return places
    }

    private fun checkEntries(segment: Long, index: Long, depth: Int, bits: Int) {
        var count = 0L
        var used = 0L
        for (slot in 0 until DictionaryLayout.SLOTS) {
            val word = get(segment + DictionaryLayout.slotAt(slot))
            if (word != DictionaryLayout.VACANT) used++
            if (!DictionaryLayout.isEntry(word)) continue
            count++
            checkEntry(segment, slot, word) { hash ->
                bits == 0 || hash ushr Long.SIZE_BITS - bits == index ushr depth - bits
            }
        }
        if (get(segment + DictionaryLayout.COUNT_AT) != count || get(segment + DictionaryLayout.USED_AT) != used) {
            fault(segment, "a segment has $count entries in $used slots, and counts others")
        }
    }

    private fun checkEntry(segment: Long, slot: Int, word: Long, belongs: (Long) -> Boolean) {
        val at = segment + DictionaryLayout.slotAt(slot)
        val shape = RunShape.find(DictionaryLayout.codeIn(word))
        val span = DictionaryLayout.spanIn(word)
        val index = DictionaryLayout.indexIn(word)
        if (shape == null || index >= shape.count || span >= words.get(FileLayout.SPANS)) {
            return fault(at, "a dictionary refers to no block")
        }
        val place = Place(layout, span, shape, index)
        if (StateWord.state(get(place.state)) != StateWord.LINKED) return fault(at, "an entry's block is not linked")
        blocks++
        val hash = words.get(place.offset + DictionaryLayout.HASH_AT)
        if (!belongs(hash) || !DictionaryLayout.hasTag(word, hash)) fault(at, "an entry is in the wrong segment")
        var on = DictionaryLayout.slotOf(hash)
        while (on != slot) {
            if (get(segment + DictionaryLayout.slotAt(on)) == DictionaryLayout.VACANT) {
                return fault(at, "no search comes by an entry")
            }
            if (++on == DictionaryLayout.SLOTS) on = 0
        }
    }
}
