package dev.leasehold.samples.catalogue

import dev.leasehold.memory.mapped.MappedCodec
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.DataInputStream
import java.io.DataOutputStream

/**
 * One book of the catalogue.
 *
 * @property number which book it is
 * @property revision which change of its clerk it has been written by
 * @property copies how many there are on the shelf
 */
internal data class Book(val number: Long, val revision: Long, val copies: Int) {
    /** Made up from the number. */
    val title: String
        get() = "The ${KINDS.pick(number)} ${THINGS.pick(number / KINDS.size)} of ${PLACES.pick(number / PLACES.size)}"

    /** What it is about: some letters, or many, and others in every revision, so that a mixture of two is noticed. */
    private val blurb: ByteArray
        get() = ByteArray(LENGTHS.pick(number + revision)) {
            ('a' + (number + revision * 7 + it).mod(26)).code.toByte()
        }

    /** As the file has it. */
    companion object : MappedCodec<Book> {
        private val KINDS = listOf("Quiet", "Last", "Crooked", "Amber", "Borrowed", "Hollow", "Second")
        private val THINGS = listOf("Harbour", "Winter", "Ledger", "Orchard", "Lantern", "Comet", "Tide", "Clock")
        private val PLACES = listOf("Kardal", "Ørhavn", "Čestva", "São Velum", "Belaund", "Tarn")

        // Most are short. The long ones show that blocks of all sizes live side by side.
        private val LENGTHS =
            listOf(20 to 6, 60 to 10, 150 to 12, 300 to 12, 700 to 8, 1500 to 4, 3000 to 3, 10_000 to 2)
                .flatMap { (length, times) -> List(times) { length } } + 40_000

        private fun <T> List<T>.pick(number: Long): T = this[number.mod(size)]

        override fun encode(value: Book): ByteArray {
            val bytes = ByteArrayOutputStream()
            with(DataOutputStream(bytes)) {
                writeLong(value.number)
                writeLong(value.revision)
                writeInt(value.copies)
                writeUTF(value.title)
                write(value.blurb)
            }
            return bytes.toByteArray()
        }

        /** Throws when the bytes are not those of one revision. */
        override fun decode(bytes: ByteArray): Book {
            val book = with(DataInputStream(ByteArrayInputStream(bytes))) { Book(readLong(), readLong(), readInt()) }
            check(encode(book).contentEquals(bytes)) { "the bytes of $book are mixed with others" }
            return book
        }
    }
}
