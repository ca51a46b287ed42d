package dev.leasehold.samples.catalogue

import dev.leasehold.memory.MiB
import dev.leasehold.memory.allocate
import dev.leasehold.memory.mapped.MappedCodec
import dev.leasehold.memory.mapped.MappedDictionary
import dev.leasehold.memory.mapped.MappedMemoryManager
import java.nio.file.Path

/** The catalogue in the file: a map of books, and for each clerk two roots that name its deliveries. */
internal class Catalogue private constructor(private val manager: MappedMemoryManager) :
    Shelf,
    AutoCloseable {
    private val books = MappedDictionary.open(manager, "books", MappedCodec.LONG, Book)

    /** How many books there are, of all clerks. */
    val size: Long get() = books.size

    /** The book with [number], or null. */
    fun find(number: Long): Book? = books[number]

    override fun put(book: Book) {
        books[book.number] = book
    }

    override fun remove(number: Long) {
        books.remove(number)
    }

    // Looks and writes in one step, whatever other processes do.
    override fun sell(number: Long, revision: Long) {
        books.compute(number) { it?.sold(revision) }
    }

    // Four things change, and all of them or none: two roots, the count, and which block lives on.
    override fun deliver(clerk: Int, revision: Long) {
        manager.allocate(Long.SIZE_BYTES.toLong()).use { note ->
            note.withSegment { it.setLong(0, revision) }
            manager.transaction {
                val former = root(newest(clerk))
                if (!former.isNone) setRoot(former(clerk), former)
                setRoot(newest(clerk), note)
                setUserWord(clerk, userWord(clerk) + 1)
            }
        }
    }

    /** The deliveries of [clerk]. */
    fun deliveries(clerk: Int): Deliveries =
        Deliveries(noteOf(newest(clerk)), noteOf(former(clerk)), manager.userWord(clerk))

    private fun noteOf(root: String): Long? =
        manager.roots.open(root)?.use { note -> note.withSegment { it.getLong(0) } }

    override fun close() = manager.close()

    companion object {
        /** Opens the file, or makes it; the caller closes it. */
        fun open(path: Path): Catalogue = Catalogue(
            MappedMemoryManager.openOrCreate(path) {
                growth = 1.MiB
                maxSize = 256.MiB
            },
        )

        private fun newest(clerk: Int) = "newest delivery of clerk $clerk"

        private fun former(clerk: Int) = "former delivery of clerk $clerk"
    }
}

/** The last two deliveries of a clerk, by the numbers of the changes that they were, and how many there have been. */
internal data class Deliveries(val newest: Long? = null, val former: Long? = null, val count: Long = 0)

/** The book after the change [revision] has sold a copy of it. */
internal fun Book.sold(revision: Long): Book = if (copies == 0) this else copy(copies = copies - 1, revision = revision)
