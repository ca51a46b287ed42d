package dev.leasehold.memory.internal.mapped

/**
 * Splits one segment of a dictionary that is full, or, when it is full of what was removed, makes it anew; and doubles
 * the directory first, if that does not tell the halves apart. For the thread that has the lock of the directory and
 * the lock of the segment.
 *
 * What is new is written where nobody sees it, and takes its place with one change of several words.
 */
internal class DictionarySplit(
    private val session: FileSession,
    private val blocks: EntryBlocks,
    private val head: Long,
) {
    private val words = session.words
    private val layout = session.layout

    /** Splits the segment of [ref] at [segment], of the [hash], in the directory of [depth] at [directory]. */
    fun run(directory: Long, depth: Int, hash: Long, ref: Long, segment: Long) {
        val bits = words.get(segment + DictionaryLayout.BITS_AT).toInt()
        val isHalfEmpty = words.get(segment + DictionaryLayout.COUNT_AT) < DictionaryLayout.MOST_USED / 2
        if (!isHalfEmpty && bits == depth) return double(directory, depth)
        val spare = lockSpare()
        val fresh = ArrayList<EntryBlocks.Held>()
        try {
            while (fresh.size + (if (spare == null) 0 else 1) < if (isHalfEmpty) 1 else 2) {
                fresh.add(blocks.take(DictionaryLayout.SEGMENT_BYTES))
                words.set(fresh.last().place.offset + DictionaryLayout.SEGMENT_LOCK_AT, 0)
                words.set(fresh.last().place.offset + DictionaryLayout.SEQUENCE_AT, 0)
            }
            val places = listOfNotNull(spare) + fresh.map { it.place }
            for (place in places) clear(place.offset, bits + places.size - 1)
            distribute(segment, bits, places)
            putInPlace(directory, depth, hash, bits, ref, segment, places, isNew = { it !== spare })
        } finally {
            // Those that are linked now stay, the others are freed.
            fresh.forEach(blocks::release)
            if (spare != null) words.set(spare.offset + DictionaryLayout.SEGMENT_LOCK_AT, 0)
        }
    }

    // Locked, because who waited for it when it was another segment may have it for a moment.
    private fun lockSpare(): Place? {
        val spare = words.get(head + DictionaryLayout.SPARE_AT)
        if (spare == 0L) return null
        val place = checkNotNull(Place.of(words, layout, spare)) { "the spare segment of a dictionary is no block" }
        FileLock.lockWord(session.sessions, place.offset + DictionaryLayout.SEGMENT_LOCK_AT)
        return place
    }

    // The number of its changes goes on: a reader may have seen it as another segment.
    private fun clear(segment: Long, bits: Int) {
        val sequence = words.get(segment + DictionaryLayout.SEQUENCE_AT)
        words.set(segment + DictionaryLayout.SEQUENCE_AT, sequence or 1L)
        for (slot in 0 until DictionaryLayout.SLOTS) {
            words.setQuietly(segment + DictionaryLayout.slotAt(slot), DictionaryLayout.VACANT)
        }
        words.set(segment + DictionaryLayout.BITS_AT, bits.toLong())
    }

    private fun distribute(from: Long, bits: Int, into: List<Place>) {
        val counts = LongArray(into.size)
        for (slot in 0 until DictionaryLayout.SLOTS) {
            val word = words.get(from + DictionaryLayout.slotAt(slot))
            if (!DictionaryLayout.isEntry(word)) continue
            val hash = words.get(DictionaryLayout.entryAt(word, layout) + DictionaryLayout.HASH_AT)
            val half = if (into.size == 1) 0 else (hash ushr Long.SIZE_BITS - 1 - bits and 1L).toInt()
            insert(into[half].offset, hash, word)
            counts[half]++
        }
        for ((half, place) in into.withIndex()) {
            words.set(place.offset + DictionaryLayout.COUNT_AT, counts[half])
            words.set(place.offset + DictionaryLayout.USED_AT, counts[half])
            val sequence = words.get(place.offset + DictionaryLayout.SEQUENCE_AT)
            words.set(place.offset + DictionaryLayout.SEQUENCE_AT, sequence + 1)
        }
    }

    private fun insert(segment: Long, hash: Long, word: Long) {
        var slot = DictionaryLayout.slotOf(hash)
        while (words.get(segment + DictionaryLayout.slotAt(slot)) != DictionaryLayout.VACANT) {
            if (++slot == DictionaryLayout.SLOTS) slot = 0
        }
        words.setQuietly(segment + DictionaryLayout.slotAt(slot), word)
    }

    private fun putInPlace(
        directory: Long,
        depth: Int,
        hash: Long,
        bits: Int,
        ref: Long,
        segment: Long,
        fresh: List<Place>,
        isNew: (Place) -> Boolean,
    ) = session.linkLock.withLock {
        val change = Change(session)
        for (place in fresh) if (isNew(place)) change.linkNew(place) else change.addStructure(place)
        // The places whose first bits are those of the segment.
        val count = 1L shl depth - bits
        if (count > Change.MOST / 2) throw blocks.tooManyEqual()
        val first = directory + (DictionaryLayout.placeOf(hash, depth) - DictionaryLayout.PLACES_AT).let { offset ->
            DictionaryLayout.PLACES_AT + (offset / Long.SIZE_BYTES and -count) * Long.SIZE_BYTES
        }
        for (index in 0 until count) {
            val half = if (fresh.size == 1) 0 else (index * 2 / count).toInt()
            change[first + index * Long.SIZE_BYTES] = fresh[half].refOf(words.get(fresh[half].state))
        }
        // Nobody waits for a segment that is no dictionary's.
        val sequence = words.get(segment + DictionaryLayout.SEQUENCE_AT)
        words.set(segment + DictionaryLayout.SEQUENCE_AT, sequence + 1)
        change[head + DictionaryLayout.SPARE_AT] = ref
        change.commit()
    }

    private fun double(directory: Long, depth: Int) {
        if (depth == DictionaryLayout.MOST_DEPTH) throw blocks.tooManyEqual()
        val held = blocks.take(DictionaryLayout.directoryBytes(depth + 1))
        val place = held.place
        val before = words.get(head + DictionaryLayout.DIRECTORY_AT)
        try {
            words.set(place.offset + DictionaryLayout.DEPTH_AT, depth + 1L)
            for (index in 0 until (1L shl depth)) {
                val ref = words.get(directory + DictionaryLayout.PLACES_AT + index * Long.SIZE_BYTES)
                val at = place.offset + DictionaryLayout.PLACES_AT + 2 * index * Long.SIZE_BYTES
                words.setQuietly(at, ref)
                words.setQuietly(at + Long.SIZE_BYTES, ref)
            }
            session.linkLock.withLock {
                val change = Change(session)
                change.linkNew(place)
                change[head + DictionaryLayout.DIRECTORY_AT] = place.refOf(words.get(place.state))
                check(change.unlink(before)) { "the directory of a dictionary is not linked" }
                change.commit()
            }
        } finally {
            blocks.release(held)
        }
        session.sessions.holds.freeIfUnlinked(before)
    }
}
