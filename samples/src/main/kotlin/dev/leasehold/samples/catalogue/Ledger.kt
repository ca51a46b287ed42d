package dev.leasehold.samples.catalogue

/**
 * What the file must have of one [clerk]: the same changes, made in a map on the heap.
 *
 * @property number the last change that was made here
 */
internal class Ledger private constructor(private val clerk: Int, number: Long) : Shelf {
    private val books = HashMap<Long, Book>()
    private var deliveries = Deliveries()

    var number: Long = number
        private set

    override fun put(book: Book) {
        books[book.number] = book
    }

    override fun remove(number: Long) {
        books.remove(number)
    }

    override fun sell(number: Long, revision: Long) {
        books.computeIfPresent(number) { _, book -> book.sold(revision) }
    }

    override fun deliver(clerk: Int, revision: Long) {
        deliveries = Deliveries(revision, deliveries.newest, deliveries.count + 1)
    }

    /** Makes all changes up to [last]. */
    fun goOn(last: Long) {
        while (number < last) Changes.make(this, clerk, ++number)
    }

    /** What [catalogue] has otherwise. */
    fun differences(catalogue: Catalogue): List<String> = buildList {
        for (number in Changes.booksOf(clerk)) {
            val (own, other) = books[number] to catalogue.find(number)
            if (own != other) add("the file has $other, and should have $own")
        }
        val other = catalogue.deliveries(clerk)
        if (other != deliveries) add("the file has $other, and should have $deliveries")
    }

    companion object {
        /** Begins with what [catalogue] has from earlier runs. */
        fun of(catalogue: Catalogue, clerk: Int): Ledger {
            val found = Changes.booksOf(clerk).mapNotNull(catalogue::find)
            val deliveries = catalogue.deliveries(clerk)
            val ledger = Ledger(clerk, maxOf(deliveries.newest ?: 0, found.maxOfOrNull(Book::revision) ?: 0))
            found.forEach(ledger::put)
            ledger.deliveries = deliveries
            return ledger
        }
    }
}
