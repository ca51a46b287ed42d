package dev.leasehold.memory.internal.permanent

import dev.leasehold.memory.internal.mapped.FileWords

/**
 * Where tables lie: buffers of permanent memory, in this process or another, and the registry that leads to the tables.
 * Addresses are those of the process that the memory belongs to.
 */
internal interface TableMemory {
    /** The first part of the registry. */
    val registry: FileWords

    /** The buffer that has the [size] bytes at [address]; null for none. */
    fun holding(address: Long, size: Long): AppendBuffer?

    /** Throws when this can be used no more. */
    fun requireOpen(): Unit = Unit

    /** Takes [size] bytes, which are zero, at a multiple of eight: their address, or an exception. */
    fun claim(size: Long): Long
}

/**
 * The tables of a process: a list that only grows, at its front, by a compare-and-set of one word of the registry.
 *
 *     registry ─▶ newest table ─▶ … ─▶ oldest table
 *
 * Two that make a table of the same name at the same moment both push theirs, and then both use the one that is farther
 * back: that is the same one for all, and for ever. Where tables lie is never trusted: each address is looked for among
 * the buffers.
 */
internal open class Tables(private val memory: TableMemory, private val damaged: (address: Long) -> Nothing) {
    /** The table called [name]; null for none. */
    fun find(name: ByteArray): TableRecords? {
        val found = ArrayList<TableRecords>(1)
        forEach { address, words, at ->
            val isNamed = words.get(at + NAME_BYTES) == name.size.toLong() && words.matches(at + HEADER_BYTES, name)
            if (isNamed) found += recordsAt(address + FIRST_BLOCK)
        }
        return oldest(found)
    }

    /** The one that all use of those of one name, the newest of which comes first in [found]. */
    open fun oldest(found: List<TableRecords>): TableRecords? = found.lastOrNull()

    /** The records of the table whose word at [link] leads to them. */
    open fun recordsAt(link: Long): TableRecords = TableRecords(memory, link, damaged)

    /** The names of all tables, the oldest first. */
    fun names(): List<ByteArray> {
        val names = ArrayList<ByteArray>()
        forEach { address, words, at ->
            val bytes = words.get(at + NAME_BYTES)
            if (bytes !in 1..MOST_NAME || memory.holding(address, HEADER_BYTES + bytes) == null) damaged(address)
            val name = ByteArray(bytes.toInt()).also { words.read(at + HEADER_BYTES, it) }
            if (names.none(name::contentEquals)) names += name
        }
        return names.asReversed()
    }

    /** The table called [name], which is made where there is none. */
    fun findOrMake(name: ByteArray): TableRecords {
        find(name)?.let { return it }
        val address = memory.claim(HEADER_BYTES + name.size)
        val buffer = memory.holding(address, HEADER_BYTES + name.size) ?: damaged(address)
        val at = address - buffer.address
        buffer.content.set(at + NAME_BYTES, name.size.toLong())
        buffer.content.write(at + HEADER_BYTES, name)
        do {
            val newest = memory.registry.get(RegistryLayout.TABLES)
            buffer.content.set(at + OLDER, newest)
        } while (!memory.registry.compareAndSet(RegistryLayout.TABLES, newest, address))
        return find(name) ?: damaged(address)
    }

    private inline fun forEach(action: (address: Long, words: FileWords, at: Long) -> Unit) {
        var address = memory.registry.get(RegistryLayout.TABLES)
        var left = MOST_TABLES
        while (address != 0L) {
            val buffer = memory.holding(address, HEADER_BYTES)
            if (buffer == null || address % Long.SIZE_BYTES != 0L || left-- == 0) damaged(address)
            val at = address - buffer.address
            val isWhole = at + HEADER_BYTES + buffer.content.get(at + NAME_BYTES).coerceIn(0, MOST_NAME) <= buffer.size
            if (!isWhole) damaged(address)
            action(address, buffer.content, at)
            address = buffer.content.get(at + OLDER)
        }
    }

    internal companion object {
        /** The most bytes of a name. */
        const val MOST_NAME: Long = 1024

        // The words of a table, before its name.
        private const val OLDER = 0L
        private const val FIRST_BLOCK = 8L
        private const val NAME_BYTES = 16L
        private const val HEADER_BYTES = 24L

        private const val MOST_TABLES = 1 shl 20
    }
}
