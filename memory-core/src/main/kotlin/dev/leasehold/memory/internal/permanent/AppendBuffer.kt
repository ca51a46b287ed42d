package dev.leasehold.memory.internal.permanent

import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.platform.SystemSpace
import dev.leasehold.memory.internal.platform.view
import java.lang.Long.compareUnsigned
import java.lang.foreign.MemorySegment

/**
 * A buffer that is filled from its start and never emptied, by any number of threads and processes.
 *
 * One word says how many of its bytes are taken. An append moves it by one compare-and-set, and only then writes what is
 * now its own: so one that dies has taken bytes that nobody will use, and stops no other. It is a compare-and-set and no
 * addition, because a request that does not fit must not move the word: later, smaller ones still fit.
 *
 * Bytes become others' to read when they get the address from the one who appended them. Pages that were never touched cost
 * microseconds each at their first touch, more than a hundred appends; so the append that crosses the mark has some more
 * populated, before it takes what lies there: memory that the system does not have would end the process at its touch.
 * The mark may be behind or ahead of what is, and does no harm.
 *
 * @param entry where the words of the buffer begin in [words]
 * @property address where it lies in the process that it belongs to
 * @property content its bytes as words, for structures in them
 */
internal class AppendBuffer(
    private val words: FileWords,
    private val entry: Long,
    val address: Long,
    val content: FileWords,
    private val space: SystemSpace,
) {
    /** Its bytes, where this process has them. */
    val bytes: MemorySegment = content.bytes()

    val size: Long = bytes.byteSize()

    val position: Long get() = words.get(entry + RegistryLayout.ENTRY_POSITION)

    /** Whether [size] bytes at a multiple of [alignment] fit now. */
    fun fits(size: Long, alignment: Long): Boolean {
        val seen = position
        return seen >= 0 && isInside(start(seen, alignment), size)
    }

    /** How many bytes are left. */
    val remaining: Long get() = size - position.coerceIn(0, size)

    /** Whether all of it lies from [first] to [last]. */
    fun liesIn(first: Long, last: Long): Boolean =
        compareUnsigned(address, first) >= 0 && compareUnsigned(address + size - 1, last) <= 0

    /** Whether the [size] bytes at [at], of the process that it belongs to, are inside. */
    fun holds(at: Long, size: Long): Boolean = isInside(at - address, size)

    private fun isInside(start: Long, size: Long) = start in 0..this.size && size <= this.size - start

    private fun start(position: Long, alignment: Long): Long =
        ((address + position + alignment - 1) and -alignment) - address

    /** Takes [size] bytes at a multiple of [alignment]: where they begin, or [REFUSED], or [NO_MEMORY]. */
    fun claim(size: Long, alignment: Long): Long {
        while (true) {
            val seen = position
            val start = start(seen, alignment)
            // What another process has written there may be anything.
            if (seen < 0 || !isInside(start, size)) return REFUSED
            if (!populate(start + size)) return NO_MEMORY
            if (move(seen, start + size)) return start
        }
    }

    /** Moves the word from [seen] to [next]; false when another append was first. */
    fun move(seen: Long, next: Long): Boolean = words.compareAndSet(entry + RegistryLayout.ENTRY_POSITION, seen, next)

    /**
     * Has the pages up to [end] populated, and behind it as many bytes again as are taken, up to 64 KiB; false when the
     * system has no memory for them.
     */
    fun populate(end: Long): Boolean {
        val from = words.get(entry + RegistryLayout.ENTRY_POPULATED)
        // What another process has written there may be anything.
        if (end <= from || from < 0 || from % space.pageSize != 0L) return true
        val page = space.pageSize
        val ahead = minOf(maxOf(end, page), MOST_AHEAD)
        val to = minOf(size, (end + ahead + page - 1) and -page)
        if (!space.populate(bytes.address() + from, to - from)) return false
        // A lost race costs a second populate.
        val _ = words.compareAndSet(entry + RegistryLayout.ENTRY_POPULATED, from, to)
        return true
    }

    internal companion object {
        /** That a buffer has no room. */
        const val REFUSED: Long = -1

        /** That the system has no memory for the pages of a buffer. */
        const val NO_MEMORY: Long = -2

        private const val MOST_AHEAD = 1L shl 16

        /** The buffer of this process whose words are at [entry] of [words]. */
        fun of(
            words: FileWords,
            entry: Long,
            space: SystemSpace,
            wordsOf: (MemorySegment) -> FileWords = ::FileWords,
        ): AppendBuffer {
            val address = words.get(entry + RegistryLayout.ENTRY_ADDRESS)
            val size = words.get(entry + RegistryLayout.ENTRY_SIZE)
            return AppendBuffer(words, entry, address, wordsOf(view(address, size)), space)
        }
    }
}
