package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.MappedFileReadOnlyException
import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.platform.pause
import java.lang.invoke.VarHandle

/**
 * The dictionary whose head is at [head]; see [DictionaryLayout]. Any thread, of any process.
 *
 * A reader takes no lock: it notes the number of a segment's last change, reads, and looks whether the number and the
 * directory are still the same; if not, it reads again. An entry's block never changes while it is in a slot, so the
 * bytes that were copied in between are those of one entry. A writer has the lock of the segment, makes the number odd,
 * changes the slot, the words of the blocks and the counts as one by a redo log, and makes the number even again.
 */
internal class DictionaryTable(
    private val session: FileSession,
    private val blocks: EntryBlocks,
    private val head: Long,
) {
    private val words = session.words
    private val layout = session.layout
    private val directoryLock = FileLock(session.sessions, head + DictionaryLayout.LOCK_AT)

    // The directory as it was last seen: its reference, where it lies and how many bits it goes by.
    private class Directory(val ref: Long, val at: Long, val depth: Int)

    @Volatile
    private var seen = Directory(0, 0, 0)

    private fun directory(): Directory {
        while (true) {
            val ref = words.get(head + DictionaryLayout.DIRECTORY_AT)
            val known = seen
            if (known.ref == ref) return known
            val at = Place.of(words, layout, ref)?.offset
            val depth = if (at == null) -1 else words.get(at + DictionaryLayout.DEPTH_AT)
            // It may have been replaced, and freed, in between.
            if (words.getVolatile(head + DictionaryLayout.DIRECTORY_AT) != ref) continue
            if (at == null || depth !in 0..DictionaryLayout.MOST_DEPTH) {
                session.sessions.checks.damaged(head, "a dictionary has no directory")
            }
            seen = Directory(ref, at, depth.toInt())
        }
    }

    private fun Directory.place(hash: Long) = at + DictionaryLayout.placeOf(hash, depth)

    private fun isCurrent(directory: Directory) =
        words.getVolatile(head + DictionaryLayout.DIRECTORY_AT) == directory.ref

    // ---- reading ----

    /**
     * Runs [read] with the segment of [hash], and again as long as what it read may have been in the middle of a
     * change.
     */
    private inline fun <R> reading(hash: Long, read: (segment: Long) -> R): R {
        var looks = 0
        while (true) {
            val directory = directory()
            val place = directory.place(hash)
            val ref = words.get(place)
            if (isCurrent(directory)) {
                val segment = segmentAt(ref)
                val sequence = words.get(segment + DictionaryLayout.SEQUENCE_AT)
                if (sequence and 1L == 0L && words.getVolatile(place) == ref) {
                    val result = read(segment)
                    VarHandle.loadLoadFence()
                    if (words.get(segment + DictionaryLayout.SEQUENCE_AT) == sequence) return result
                } else if (looks > PATIENCE) {
                    endDeadChange(segment, looks)
                }
            }
            pause(looks++)
        }
    }

    // Of a writer that died in the middle: its change has been finished or dropped, and only the number is left.
    private fun endDeadChange(segment: Long, looks: Int) {
        if (session.isReadOnly) {
            // Who may write could end it.
            if (looks > LONG_PATIENCE) throw MappedFileReadOnlyException(session.file.path)
            return
        }
        session.sessions.freeIfDead(segment + DictionaryLayout.SEGMENT_LOCK_AT)
        if (!FileLock.tryLockWord(session.sessions, segment + DictionaryLayout.SEGMENT_LOCK_AT)) return
        makeEven(segment)
        words.set(segment + DictionaryLayout.SEGMENT_LOCK_AT, 0)
    }

    private fun makeEven(segment: Long) {
        val sequence = words.get(segment + DictionaryLayout.SEQUENCE_AT)
        if (sequence and 1L != 0L) words.set(segment + DictionaryLayout.SEQUENCE_AT, sequence + 1)
    }

    private fun segmentAt(ref: Long): Long {
        val shape = SEGMENT
        val span = RefWord.span(ref)
        return layout.spanAt(span) + shape.blockOf(RefWord.index(ref))
    }

    /** The slot of [key] in [segment], whose hash is [hash]; -1 when it has none. */
    private fun find(segment: Long, hash: Long, key: ByteArray): Int {
        var slot = DictionaryLayout.slotOf(hash)
        for (step in 0 until DictionaryLayout.SLOTS) {
            val word = words.get(segment + DictionaryLayout.slotAt(slot))
            if (word == DictionaryLayout.VACANT) return -1
            if (DictionaryLayout.isEntry(word) && DictionaryLayout.hasTag(word, hash) && isOf(word, key)) return slot
            if (++slot == DictionaryLayout.SLOTS) slot = 0
        }
        return -1
    }

    private fun isOf(word: Long, key: ByteArray): Boolean {
        val entry = entryAt(word)
        val length = DictionaryLayout.keyLength(words.get(entry + DictionaryLayout.LENGTHS_AT))
        return length == key.size.toLong() && DictionaryLayout.KEY_AT + length <= bytesOf(word) &&
            words.matches(entry + DictionaryLayout.KEY_AT, key)
    }

    // What is read may be another block's by now: so no length is believed that reaches beyond the block.
    private fun bytesOf(word: Long): Long {
        val code = DictionaryLayout.codeIn(word)
        if (code != BlockKind.LARGE) return RunShape.of(code).blockBytes
        return layout.spanAt(words.get(FileLayout.SPANS)) - entryAt(word)
    }

    private fun entryAt(word: Long): Long = DictionaryLayout.entryAt(word, layout)

    private fun placeIn(word: Long) = Place(
        layout,
        DictionaryLayout.spanIn(word),
        RunShape.of(DictionaryLayout.codeIn(word)),
        DictionaryLayout.indexIn(word),
    )

    /** A copy of the value of [key]; null when there is none. */
    fun get(key: ByteArray): ByteArray? {
        val hash = ByteHash.of(key)
        return reading(hash) { segment ->
            val slot = find(segment, hash, key)
            if (slot < 0) null else valueAt(segment, slot)
        }
    }

    private fun valueAt(segment: Long, slot: Int): ByteArray? {
        val word = words.get(segment + DictionaryLayout.slotAt(slot))
        // Another is changing it: what was read does not count.
        if (!DictionaryLayout.isEntry(word)) return null
        return copyOfValue(word)
    }

    private fun copyOfValue(word: Long): ByteArray? {
        val lengths = words.get(entryAt(word) + DictionaryLayout.LENGTHS_AT)
        val from = DictionaryLayout.valueAt(DictionaryLayout.keyLength(lengths))
        return copy(word, from, DictionaryLayout.valueLength(lengths))
    }

    private fun copyOfKey(word: Long): ByteArray? {
        val lengths = words.get(entryAt(word) + DictionaryLayout.LENGTHS_AT)
        return copy(word, DictionaryLayout.KEY_AT, DictionaryLayout.keyLength(lengths))
    }

    private fun copy(word: Long, from: Long, length: Long): ByteArray? {
        val isPossible = length in 0..MOST_BYTES && from >= DictionaryLayout.KEY_AT && from + length <= bytesOf(word)
        if (!isPossible) return null
        return ByteArray(length.toInt()).also { words.read(entryAt(word) + from, it) }
    }

    /** A value where it lies, held by this session until [release]. */
    class Pinned(val at: Long, val size: Long, val slot: Int, val ref: Long)

    /** The value of [key], which stays until [release] whatever others do; null when there is none. */
    fun pin(key: ByteArray): Pinned? {
        val hash = ByteHash.of(key)
        while (true) {
            val word = reading(hash) { segment ->
                val slot = find(segment, hash, key)
                if (slot < 0) DictionaryLayout.VACANT else words.get(segment + DictionaryLayout.slotAt(slot))
            }
            if (!DictionaryLayout.isEntry(word)) return null
            pin(word, key)?.let { return it }
        }
    }

    private fun pin(word: Long, key: ByteArray): Pinned? {
        val place = placeIn(word)
        val ref = place.refOf(words.get(place.state))
        val slot = if (session.isReadOnly) NO_SLOT else session.sessions.holds.note(ref)
        if (slot < 0 && !session.isReadOnly) throw blocks.tooManyHolds()
        // Looked at again now that no one frees it: it may have become another's before.
        if (!session.sessions.holds.isLinked(ref) || !isOf(word, key)) {
            release(slot, ref)
            return null
        }
        val lengths = words.get(place.offset + DictionaryLayout.LENGTHS_AT)
        val at = place.offset + DictionaryLayout.valueAt(DictionaryLayout.keyLength(lengths))
        return Pinned(at, DictionaryLayout.valueLength(lengths), slot, ref)
    }

    /** Lets [pinned] go. */
    fun release(pinned: Pinned): Unit = release(pinned.slot, pinned.ref)

    private fun release(slot: Int, ref: Long) {
        if (slot != NO_SLOT) session.sessions.holds.release(slot, ref)
    }

    // ---- writing ----

    /** Decides what becomes of a key, from a copy of its value, or null where it has none. */
    fun interface Decision {
        /** The next value; null to remove the key, and [KEEP] to change nothing. */
        fun next(before: ByteArray?): ByteArray?

        companion object {
            /** Stands for no change. */
            val KEEP: ByteArray = ByteArray(0)
        }
    }

    /** Gives [key] the [value]. */
    fun put(key: ByteArray, value: ByteArray) {
        val hash = ByteHash.of(key)
        // Before the lock is taken: to find room may take long.
        val entry = blocks.write(hash, key, value)
        try {
            locked(hash) { segment -> replace(segment, hash, find(segment, hash, key), entry.place) }
        } finally {
            // It is linked by now, or freed.
            blocks.release(entry)
        }
    }

    /** Gives [key] what [decision] says, while no other changes it; returns the value that it has then. */
    @IgnorableReturnValue
    fun change(key: ByteArray, decision: Decision): ByteArray? {
        val hash = ByteHash.of(key)
        var result: ByteArray? = null
        locked(hash) { segment ->
            val slot = find(segment, hash, key)
            val before = if (slot < 0) null else valueAt(segment, slot)
            val next = decision.next(before)
            result = if (next === Decision.KEEP) before else next
            when {
                next === Decision.KEEP -> true
                next == null -> if (slot < 0) true else remove(segment, slot)
                else -> replaceWith(segment, hash, key, slot, next)
            }
        }
        return result
    }

    private fun replaceWith(segment: Long, hash: Long, key: ByteArray, slot: Int, value: ByteArray): Boolean {
        val entry = blocks.write(hash, key, value)
        try {
            return replace(segment, hash, slot, entry.place)
        } finally {
            blocks.release(entry)
        }
    }

    /** Runs [change] with the locked segment of [hash]; splits that, and runs it again, as long as it returns false. */
    private inline fun locked(hash: Long, change: (segment: Long) -> Boolean) {
        while (true) {
            val directory = directory()
            val place = directory.place(hash)
            val ref = words.get(place)
            if (!isCurrent(directory)) continue
            val segment = segmentAt(ref)
            FileLock.lockWord(session.sessions, segment + DictionaryLayout.SEGMENT_LOCK_AT)
            var fits = true
            var isRight = false
            try {
                isRight = isCurrent(directory) && words.get(place) == ref
                if (isRight) {
                    makeEven(segment)
                    fits = change(segment)
                }
            } finally {
                words.set(segment + DictionaryLayout.SEGMENT_LOCK_AT, 0)
            }
            if (isRight && fits) return
            if (!fits) split(hash)
        }
    }

    /** Puts [entry] into the [slot] of its key, or, where that is -1, into a vacant one; false when there is none. */
    private fun replace(segment: Long, hash: Long, slot: Int, entry: Place): Boolean {
        if (slot < 0 && words.get(segment + DictionaryLayout.USED_AT) >= DictionaryLayout.MOST_USED) return false
        val target = if (slot < 0) vacantFor(segment, hash) else slot
        val at = segment + DictionaryLayout.slotAt(target)
        val before = words.get(at)
        var unlinked = 0L
        changing(segment) { log ->
            log.add(at, DictionaryLayout.slot(hash, entry))
            val word = words.get(entry.state)
            // An entry says itself how long it is.
            log.add(entry.state, StateWord.linked(word, 1, 0))
            if (slot >= 0) unlinked = unlink(log, before) else count(log, segment, 1, before == DictionaryLayout.VACANT)
        }
        if (unlinked != 0L) session.sessions.holds.freeIfUnlinked(unlinked)
        return true
    }

    private fun remove(segment: Long, slot: Int): Boolean {
        val at = segment + DictionaryLayout.slotAt(slot)
        val before = words.get(at)
        var unlinked = 0L
        changing(segment) { log ->
            log.add(at, DictionaryLayout.REMOVED)
            unlinked = unlink(log, before)
            count(log, segment, -1, false)
        }
        session.sessions.holds.freeIfUnlinked(unlinked)
        return true
    }

    private fun unlink(log: RedoLog, slot: Long): Long {
        val place = placeIn(slot)
        val word = words.get(place.state)
        log.add(place.state, StateWord.linked(word, 0, StateWord.slack(word)))
        return place.refOf(word)
    }

    private fun count(log: RedoLog, segment: Long, more: Int, isNew: Boolean) {
        log.add(segment + DictionaryLayout.COUNT_AT, words.get(segment + DictionaryLayout.COUNT_AT) + more)
        if (isNew) log.add(segment + DictionaryLayout.USED_AT, words.get(segment + DictionaryLayout.USED_AT) + 1)
    }

    private fun vacantFor(segment: Long, hash: Long): Int {
        var slot = DictionaryLayout.slotOf(hash)
        while (DictionaryLayout.isEntry(words.get(segment + DictionaryLayout.slotAt(slot)))) {
            if (++slot == DictionaryLayout.SLOTS) slot = 0
        }
        return slot
    }

    private inline fun changing(segment: Long, write: (RedoLog) -> Unit) {
        val index = session.logSlots.take()
        try {
            val log = session.smallLog(index)
            log.begin()
            write(log)
            val sequence = words.get(segment + DictionaryLayout.SEQUENCE_AT)
            words.set(segment + DictionaryLayout.SEQUENCE_AT, sequence + 1)
            try {
                log.commit()
            } finally {
                // Also where it was refused: then nothing has changed.
                words.set(segment + DictionaryLayout.SEQUENCE_AT, sequence + 2)
            }
        } finally {
            session.logSlots.giveBack(index)
        }
    }

    // ---- growing ----

    private fun split(hash: Long): Unit = directoryLock.withLock {
        val directory = directory()
        val place = directory.place(hash)
        val ref = words.get(place)
        val segment = segmentAt(ref)
        FileLock.lockWord(session.sessions, segment + DictionaryLayout.SEGMENT_LOCK_AT)
        try {
            makeEven(segment)
            // Another may have split it, or removed entries.
            if (words.get(segment + DictionaryLayout.USED_AT) >= DictionaryLayout.MOST_USED) {
                DictionarySplit(session, blocks, head).run(directory.at, directory.depth, hash, ref, segment)
            }
        } finally {
            words.set(segment + DictionaryLayout.SEGMENT_LOCK_AT, 0)
        }
    }

    // ---- all ----

    /** How many entries there are: exact when nobody changes it. */
    fun count(): Long {
        var sum = 0L
        var part = 0L
        forEachSegment({ part = words.get(it + DictionaryLayout.COUNT_AT) }) { sum += part }
        return sum
    }

    /** Runs [action] with a copy of each entry that is there all the time, and perhaps of others. */
    fun forEach(action: (key: ByteArray, value: ByteArray) -> Unit) {
        val entries = ArrayList<Pair<ByteArray, ByteArray>>()
        forEachSegment({ copyEntries(it, entries) }) { for ((key, value) in entries) action(key, value) }
    }

    /**
     * Runs [read] with each segment in turn, of those that there are when it comes to them, and then [use]. What is
     * split or made meanwhile is met once, as hashes are gone through in their order.
     */
    private inline fun forEachSegment(read: (segment: Long) -> Unit, use: () -> Unit) {
        var hash = 0L
        do {
            val bits = reading(hash) { segment ->
                read(segment)
                words.get(segment + DictionaryLayout.BITS_AT).toInt()
            }
            use()
            // With no bits there is one segment, and with the last one the hashes begin anew.
            if (bits > 0) hash += 1L shl Long.SIZE_BITS - bits
        } while (hash != 0L)
    }

    private fun copyEntries(segment: Long, into: MutableList<Pair<ByteArray, ByteArray>>) {
        into.clear()
        for (slot in 0 until DictionaryLayout.SLOTS) {
            val word = words.get(segment + DictionaryLayout.slotAt(slot))
            if (!DictionaryLayout.isEntry(word)) continue
            val key = copyOfKey(word)
            val value = copyOfValue(word)
            if (key != null && value != null) into.add(key to value)
        }
    }

    internal companion object {
        private const val PATIENCE = 512

        // About a second.
        private const val LONG_PATIENCE = 20_000

        // Of a session that only reads, and so has no table of holds.
        private const val NO_SLOT = -1

        /** The most bytes of a key, or of a value. */
        const val MOST_BYTES: Long = Int.MAX_VALUE.toLong()

        private val SEGMENT = RunShape.of(SizeClasses.indexOf(DictionaryLayout.SEGMENT_BYTES))
    }
}
