package dev.leasehold.memory.internal.permanent

import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.permanent.RegistryLayout.EntryState
import dev.leasehold.memory.internal.platform.SystemSpace
import dev.leasehold.memory.internal.platform.view
import java.lang.foreign.MemorySegment

/**
 * The registry of this process: entries for buffers, in parts that are mapped for ever, and to which entries and parts
 * are only added. Any copy of this library in the process, and native code, may add at the same moment.
 *
 * An entry is claimed by a compare-and-set, filled, and said to be whole last, so that who reads never finds half of
 * one; what could fail has been done by then. When all are used another part is linked behind the last, also by a
 * compare-and-set.
 *
 * @param first the first part
 * @param wordsOf makes the words of other parts
 */
internal class Registry(
    val first: FileWords,
    private val space: SystemSpace,
    private val wordsOf: (MemorySegment) -> FileWords,
) {
    /** The memory that the parts and the buffers lie in, as a file of this process. */
    private val descriptor = first.get(RegistryLayout.DESCRIPTOR).toInt()
    private val name = RegistryLayout.nameOf(first.get(RegistryLayout.PART_VERSION))

    /** Whether buffers can be made: others may have closed the descriptor, and got its number for theirs. */
    val isOpen: Boolean
        get() {
            val copy = space.headOf(descriptor, name, RegistryLayout.HEADER_BYTES.toInt()) ?: return false
            val head = FileWords(copy)
            return IDENTITY.all { head.get(it) == first.get(it) }
        }

    /** Calls [action] with each whole entry: the words of its part, and where it begins in them. */
    inline fun forEachEntry(action: (words: FileWords, entry: Long) -> Unit) {
        var part: FileWords? = first
        while (part != null) {
            for (index in 0 until entriesOf(part)) {
                val entry = entryAt(index)
                when (part.get(entry + RegistryLayout.ENTRY_STATE)) {
                    EntryState.FREE -> return
                    EntryState.WHOLE -> action(part, entry)
                }
            }
            part = nextOf(part)
        }
    }

    fun entriesOf(part: FileWords): Int =
        ((part.bytes().byteSize() - RegistryLayout.HEADER_BYTES) / RegistryLayout.ENTRY_BYTES).toInt()

    fun entryAt(index: Int): Long = RegistryLayout.HEADER_BYTES + index * RegistryLayout.ENTRY_BYTES

    /** The part behind [part]; null when that is the last. */
    fun nextOf(part: FileWords): FileWords? {
        val address = part.get(RegistryLayout.NEXT_ADDRESS)
        if (address == 0L) return null
        val head = view(address, RegistryLayout.HEADER_BYTES)
        val next = wordsOf(view(address, FileWords(head).get(RegistryLayout.PART_BYTES)))
        // Who linked it may not have come to this yet, and other processes go by this word.
        if (part.get(RegistryLayout.NEXT_OFFSET) == 0L) {
            part.set(RegistryLayout.NEXT_OFFSET, next.get(RegistryLayout.PART_OFFSET))
        }
        return next
    }

    /** Makes a buffer where [placement] finds room; null when it finds none, or the system refuses. */
    fun makeBuffer(placement: Placement): AppendBuffer? {
        val bytes = placement.bytes
        var offset = NOWHERE
        var address = 0L
        var made: AppendBuffer? = null
        try {
            address = placement.place { at ->
                if (offset == NOWHERE) offset = claimMemory(bytes)
                if (offset == NOWHERE) 0 else space.placeShared(descriptor, offset, bytes, at)
            }
            if (address != 0L) made = claimEntry()?.let { fill(it, address, bytes, offset) }
        } finally {
            if (made == null) {
                if (address != 0L) space.unmap(address, bytes)
                if (offset != NOWHERE) giveMemoryBack(offset, bytes)
            }
        }
        return made
    }

    /** A place for an entry in the words of a part. */
    private class EntryPlace(val words: FileWords, val entry: Long)

    /** Shows the buffer to all, when all of it is there: what is made here in the heap, too. */
    private fun fill(place: EntryPlace, address: Long, bytes: Long, offset: Long): AppendBuffer {
        val words = place.words
        val entry = place.entry
        words.set(entry + RegistryLayout.ENTRY_ADDRESS, address)
        words.set(entry + RegistryLayout.ENTRY_SIZE, bytes)
        words.set(entry + RegistryLayout.ENTRY_OFFSET, offset)
        val buffer = AppendBuffer.of(words, entry, space, wordsOf)
        words.set(entry + RegistryLayout.ENTRY_STATE, EntryState.WHOLE)
        return buffer
    }

    /** Where [bytes] more bytes of the memory begin, which are zero; [NOWHERE] when the system refuses. */
    private fun claimMemory(bytes: Long): Long {
        val offset = first.getAndAdd(RegistryLayout.MEMORY_END, bytes)
        if (space.extend(descriptor, offset + bytes)) return offset
        giveMemoryBack(offset, bytes)
        return NOWHERE
    }

    // Where others have claimed meanwhile, these bytes stay unused; they have no pages.
    private fun giveMemoryBack(offset: Long, bytes: Long) {
        val _ = first.compareAndSet(RegistryLayout.MEMORY_END, offset + bytes, offset)
    }

    /** An entry that is free, for this to fill; null when there is no room for more, and none to be had. */
    private fun claimEntry(): EntryPlace? {
        var part = first
        while (true) {
            for (index in 0 until entriesOf(part)) {
                val entry = entryAt(index)
                if (part.compareAndSet(entry + RegistryLayout.ENTRY_STATE, EntryState.FREE, EntryState.CLAIMED)) {
                    return EntryPlace(part, entry)
                }
            }
            part = nextOf(part) ?: addPart(part) ?: return null
        }
    }

    /** Links a part behind [last], if no other has; null when the system refuses. */
    private fun addPart(last: FileWords): FileWords? {
        val bytes = first.get(RegistryLayout.PART_BYTES)
        val offset = claimMemory(bytes)
        if (offset == NOWHERE) return null
        val address = space.placeShared(descriptor, offset, bytes, 0)
        if (address == 0L) {
            giveMemoryBack(offset, bytes)
            return null
        }
        var made: FileWords? = null
        try {
            made = FileWords(view(address, bytes))
        } finally {
            if (made == null) space.unmap(address, bytes)
        }
        val part = checkNotNull(made)
        RegistryMaking.fillPart(part, address, offset, first.get(RegistryLayout.PART_VERSION))
        if (!last.compareAndSet(RegistryLayout.NEXT_ADDRESS, 0, address)) {
            // Who gets these bytes next takes them for zero.
            part.clear(0, RegistryLayout.HEADER_BYTES)
            space.unmap(address, bytes)
            giveMemoryBack(offset, bytes)
        }
        return nextOf(last)
    }

    internal companion object {
        private const val NOWHERE = -1L

        // What no two registries have all alike that are there at the same moment.
        private val IDENTITY = longArrayOf(
            RegistryLayout.PART_MAGIC,
            RegistryLayout.PROCESS,
            RegistryLayout.STARTED,
            RegistryLayout.PART_ADDRESS,
        )
    }
}
