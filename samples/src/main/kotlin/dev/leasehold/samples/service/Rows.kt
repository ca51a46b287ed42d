package dev.leasehold.samples.service

import dev.leasehold.memory.Segment
import dev.leasehold.memory.copyTo
import java.lang.foreign.Arena
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.util.SplittableRandom

/** Where one client's bytes come from. For one thread at a time. */
fun interface RowSource {
    /** Fills [target] from its start with what comes next, and returns how many bytes that was; 0 at the end. */
    fun fill(target: Segment): Long
}

/** What all clients together send, the same every time. */
sealed interface Rows {
    /** How many lines there are. */
    val count: Long

    /** How many clients share them. */
    val clients: Int

    /** The part of [client], from its start. */
    fun open(client: Int): RowSource

    /** Where line [line] of [client] is to be found, for messages. */
    fun place(client: Int, line: Long): String
}

/** Texts side by side off the heap, so that making a line of them is two copies and no object. */
private class Words(texts: List<String>) {
    private val encoded = texts.map { it.toByteArray() }
    private val starts = encoded.runningFold(0) { start, text -> start + text.size }.toIntArray()
    private val bytes = segmentOf(encoded.flatMap { it.asList() }.toByteArray())

    /** How many there are. */
    val size: Int get() = encoded.size

    /** Writes the text at [index] to [at] of [target], and returns its length. */
    fun write(index: Int, target: Segment, at: Long): Int {
        val length = starts[index + 1] - starts[index]
        bytes.copyTo(target, at, starts[index].toLong(), length.toLong())
        return length
    }
}

/** Lines made up from a seed while they are sent. */
class GeneratedRows(override val count: Long, override val clients: Int, private val seed: Long, stations: Int = 413) :
    Rows {
    private val names = Words(StationNames.make(stations).map { "$it;" })
    private val temperatures = Words((-999..999).map { "${it / 10.0}\n" })

    override fun open(client: Int): RowSource {
        val random = SplittableRandom(seed + client)
        var left = count / clients + if (client < count % clients) 1 else 0
        return RowSource { target ->
            var at = 0L
            while (left > 0 && at <= target.size - LineFormat.MAX_LINE) {
                at += writeLine(target, at, random.nextLong())
                left--
            }
            at
        }
    }

    private fun writeLine(target: Segment, at: Long, random: Long): Int {
        val station = (((random ushr 32) * names.size) ushr 32).toInt()
        // Each station has a climate of its own. The number of ones in 32 random bits lies around 16, in a bell.
        val spread = 40 * (random.toInt().countOneBits() - 16) + (random and 31).toInt()
        val tenths = (station % 400 - 100 + spread).coerceIn(-999, 999)
        val name = names.write(station, target, at)
        return name + temperatures.write(tenths + 999, target, at + name)
    }

    override fun place(client: Int, line: Long): String = "generated line $line of client $client"

    override fun toString(): String = "generated, seed $seed, ${names.size} stations"
}

/** Memory that lives for as long as anything refers to it, which a pool is not for. */
internal fun segmentOf(bytes: ByteArray): Segment = Segment.of(Arena.ofAuto().allocateFrom(JAVA_BYTE, *bytes))

/**
 * Names of places that do not exist. Many are not ASCII, some are beyond U+FFFF, and one in forty has nearly 100 bytes.
 */
internal object StationNames {
    private val starts =
        words("Kar Vel Øst São Lün Tör Mira Čes Nju Bel Dra Esk Fjö Gru Hvi Îl Jor Ñan Oré Pek Λευ Бел 青嶺")
    private val middles = words("a e i o u ar el in on ur ava ebe idi olo una ør äl ıs ész au ei yn")
    private val ends = words("by dal ford grad holm ia ja ka lund mar nes pur ra stad ta um vik zë -Nord -sur-Vèle 🏔")

    /** [count] different names, always the same ones. */
    fun make(count: Int): List<String> {
        // The three numbers of words have no common divisor, so that this repeats itself after their product only.
        val most = starts.size * middles.size * ends.size
        require(count <= most) { "there are only $most names, and not $count" }
        return List(count) { i ->
            val name = starts[i % starts.size] + middles[i % middles.size] + ends[i % ends.size]
            if (i % 40 == 7) long(name) else name
        }
    }

    private fun long(name: String): String =
        generateSequence(name) { "$it $name" }.takeWhile { it.toByteArray().size <= LineFormat.MAX_NAME }.last()

    private fun words(text: String): List<String> = text.split(' ')
}
