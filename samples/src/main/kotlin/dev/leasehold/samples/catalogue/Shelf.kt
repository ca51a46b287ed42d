package dev.leasehold.samples.catalogue

/** What clerks change: the catalogue in the file, and the ledger that it is compared with. */
internal interface Shelf {
    /** Puts [book] there, in place of the one with its number. */
    fun put(book: Book)

    /** Takes the book with [number] away, if it is there. */
    fun remove(number: Long)

    /** One copy less of the book with [number], if it is there and has one; this is the change [revision]. */
    fun sell(number: Long, revision: Long)

    /** Notes that the change [revision] of [clerk] was a delivery, and keeps the note of the one before. */
    fun deliver(clerk: Int, revision: Long)
}
