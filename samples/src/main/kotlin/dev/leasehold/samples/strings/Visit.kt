package dev.leasehold.samples.strings

import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.permanent.PermanentTable

/** The name that all find the table by. */
internal const val TABLE: String = "words"

/**
 * What [who] has found in the table, and left there. Class loaders and processes have no classes in common but those of
 * the JDK, so it goes from one to another as a [line].
 *
 * @property copy which copy of the library it used: the class of its table
 * @property records how many there were when it came
 * @property first where the first record is, in the process that the table belongs to
 * @property here where it read the first record, in its own process
 * @property found the numbers of the words that were there
 * @property appended the numbers of those that were not
 * @property places the buffers of permanent memory
 */
internal data class Visit(
    val who: String,
    val process: Long,
    val copy: String,
    val records: Long,
    val first: Long,
    val here: Long,
    val found: List<Long>,
    val appended: List<Long>,
    val places: List<Place>,
) {
    /** All of it. */
    val line: String
        get() = listOf(
            who, process, copy, records, first, here,
            found.joinToString(","), appended.joinToString(","), places.joinToString(",", transform = Place::text),
        ).joinToString("\t")

    companion object {
        /** Has [who] look for the words of [text] in [table], and append those that are not there. */
        fun make(who: String, text: Text, table: PermanentTable, buffers: () -> List<PermanentMemory>): Visit {
            val records = table.size
            val words = Words(table)
            val (found, appended) = text.words.map { words.find(it) to it }.partition { (number, _) -> number != null }
            val new = appended.map { (_, word) -> words.intern(word) }
            return Visit(
                who, ProcessHandle.current().pid(), copyOfLibrary(),
                records, table.addressOf(0), table[0].address,
                found.mapNotNull { (number, _) -> number }, new, buffers().map(Place::of),
            )
        }

        private fun copyOfLibrary(): String = with(PermanentTable::class.java) {
            "$simpleName@${Integer.toHexString(System.identityHashCode(this))} of '${classLoader.name}'"
        }

        /** The visit that has this [line]. */
        fun of(line: String): Visit {
            val cells = line.split("\t")
            val (records, first, here) = cells.subList(3, 6).map(String::toLong)
            val (found, appended) = cells.subList(6, 8).map { list -> parts(list).map(String::toLong) }
            val places = parts(cells[8]).map(Place::of)
            return Visit(cells[0], cells[1].toLong(), cells[2], records, first, here, found, appended, places)
        }

        private fun parts(list: String) = if (list.isEmpty()) emptyList() else list.split(",")
    }
}
