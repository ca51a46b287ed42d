package dev.leasehold.samples.catalogue

import kotlin.random.Random

/**
 * The changes that clerks make, one after the other. The change with a number is always the same, so who knows how many
 * a clerk has made knows what the file must have.
 */
internal object Changes {
    /** How many books each clerk has; no two have the same. */
    const val BOOKS: Int = 3000

    private const val NUMBERS = 1_000_000L
    private const val MOST_COPIES = 100

    /** The numbers of the books of [clerk]. */
    fun booksOf(clerk: Int): LongRange = clerk * NUMBERS until clerk * NUMBERS + BOOKS

    /** Makes the change [number] of [clerk] on [shelf]. */
    fun make(shelf: Shelf, clerk: Int, number: Long) {
        val random = Random(clerk * NUMBERS + number)
        val book = booksOf(clerk).random(random)
        when (random.nextInt(20)) {
            0 -> shelf.deliver(clerk, number)
            in 1..3 -> shelf.remove(book)
            in 4..10 -> shelf.sell(book, number)
            else -> shelf.put(Book(book, number, random.nextInt(MOST_COPIES)))
        }
    }
}
