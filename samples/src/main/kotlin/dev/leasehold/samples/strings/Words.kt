package dev.leasehold.samples.strings

import dev.leasehold.memory.Segment
import dev.leasehold.memory.contentEquals
import dev.leasehold.memory.permanent.PermanentTable

/**
 * Knows which number each word of [table] has. The words stay where they are: this keeps numbers, finds a word by the
 * bytes in the table, and reads only the records that are new since it last looked, also those of others.
 */
internal class Words(private val table: PermanentTable) {
    /** The numbers of words, each plus one, at or behind the place that the hash of the word names; 0 where none is. */
    private var places = LongArray(64)

    /** How many records this has read. */
    var read: Long = 0
        private set

    /** The number of [word]; null when the table does not have it. */
    fun find(word: Segment): Long? {
        catchUp()
        return places[placeOf(word)].takeIf { it != 0L }?.dec()
    }

    /**
     * The number of [word], which is appended if the table does not have it. Two may append the same word at the same
     * moment: then it is there twice, and all go by the lower number.
     */
    fun intern(word: Segment): Long {
        find(word)?.let { return it }
        val number = table.append(word)
        return find(word) ?: number
    }

    private fun catchUp() {
        while (read < table.size) {
            if (read * 2 >= places.size) grow()
            val place = placeOf(table[read])
            read++
            if (places[place] == 0L) places[place] = read
        }
    }

    private fun grow() {
        val numbers = places.filter { it != 0L }
        places = LongArray(places.size * 2)
        for (number in numbers) places[placeOf(table[number - 1])] = number
    }

    /** Where [word] is, or would be. */
    private fun placeOf(word: Segment): Int {
        var place = hashOf(word) and (places.size - 1)
        while (places[place] != 0L && !table[places[place] - 1].contentEquals(word)) {
            place = (place + 1) and (places.size - 1)
        }
        return place
    }

    private fun hashOf(word: Segment): Int {
        var hash = 0
        for (offset in 0 until word.size) hash = hash * 31 + word.getByte(offset)
        return hash xor (hash ushr 15)
    }
}
