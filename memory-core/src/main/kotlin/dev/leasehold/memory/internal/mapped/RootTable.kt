package dev.leasehold.memory.internal.mapped

/** The named roots of a file. To change them a thread has the lock of links; any may read them. */
internal class RootTable(private val words: FileWords, private val layout: FileLayout) {
    /** The reference of the root [name]; 0 when there is none. */
    fun get(name: ByteArray): Long {
        for (slot in 0 until FileLayout.ROOTS) {
            val at = layout.root(slot)
            val ref = words.get(at)
            // Looked at again: another may have taken the place in between.
            if (ref != 0L && isNamed(at, name) && words.get(at) == ref) return ref
        }
        return 0
    }

    /** The names of all roots, and their references. */
    fun all(): List<Pair<String, Long>> = (0 until FileLayout.ROOTS).mapNotNull { slot ->
        val at = layout.root(slot)
        val ref = words.get(at)
        if (ref == 0L) return@mapNotNull null
        val name = nameAt(at)
        if (words.get(at) == ref) name to ref else null
    }

    /** Where the root [name] is, or the first place without one; -1 when it has none and there is no place. */
    fun find(change: Change, name: ByteArray): Long {
        var vacant = -1L
        for (slot in 0 until FileLayout.ROOTS) {
            val at = layout.root(slot)
            if (change[at] == 0L) {
                if (vacant < 0) vacant = at
            } else if (nameAt(at, change) contentEquals name) {
                return at
            }
        }
        return vacant
    }

    /** Gives the root [name] at [at] the reference [ref], or, with 0, removes it. */
    fun set(change: Change, at: Long, name: ByteArray, ref: Long) {
        if (change[at] == 0L && ref != 0L) {
            // The name first, so that who reads the reference finds it.
            for (index in 0 until FileLayout.ROOT_NAME_BYTES step Long.SIZE_BYTES) {
                change[at + FileLayout.ROOT_NAME + index] = wordOf(name, index)
            }
            change[at + FileLayout.ROOT_LENGTH] = name.size.toLong()
        }
        change[at] = ref
    }

    private fun wordOf(name: ByteArray, from: Int): Long {
        var word = 0L
        for (index in minOf(name.size, from + Long.SIZE_BYTES) - 1 downTo from) {
            word = (word shl Byte.SIZE_BITS) or (name[index].toLong() and 0xff)
        }
        return word
    }

    private fun isNamed(at: Long, name: ByteArray): Boolean {
        if (words.get(at + FileLayout.ROOT_LENGTH) != name.size.toLong()) return false
        for (index in name.indices step Long.SIZE_BYTES) {
            if (words.get(at + FileLayout.ROOT_NAME + index) != wordOf(name, index)) return false
        }
        return true
    }

    private fun nameAt(at: Long): String = bytesAt(at) { words.get(it) }.decodeToString()

    private fun nameAt(at: Long, change: Change): ByteArray = bytesAt(at) { change[it] }

    private inline fun bytesAt(at: Long, word: (Long) -> Long): ByteArray {
        val length = word(at + FileLayout.ROOT_LENGTH).coerceIn(0, FileLayout.ROOT_NAME_BYTES.toLong()).toInt()
        return ByteArray(length) { index ->
            val within = index % Long.SIZE_BYTES
            (word(at + FileLayout.ROOT_NAME + index - within) ushr within * Byte.SIZE_BITS).toByte()
        }
    }
}
