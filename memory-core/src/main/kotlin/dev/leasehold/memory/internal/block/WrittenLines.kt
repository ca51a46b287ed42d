package dev.leasehold.memory.internal.block

import java.lang.classfile.Attributes
import java.lang.classfile.ClassFile
import java.util.WeakHashMap
import kotlin.jvm.optionals.getOrNull

/**
 * The lines of a source file on which inlined code was called.
 *
 * The Kotlin compiler gives inlined code lines of its own, beyond the end of the file, and the "KotlinDebug" stratum of
 * the file's source map (JSR-45) names where it was inlined. Debuggers know that; stack traces do not.
 */
internal class WrittenLines private constructor(map: String) {
    /** Lines from [first] to [last] were inlined on the line [written]. */
    private class Range(val written: Int, val first: Int, val last: Int)

    private val ranges = map.substringAfter("*S KotlinDebug", "").substringAfter("*L\n").substringBefore("*E")
        .lineSequence().mapNotNull(INLINED::matchEntire).map { rangeOf(it) }.toList()

    private fun rangeOf(match: MatchResult): Range {
        val (written, output, count) = match.destructured
        val first = output.toInt()
        return Range(written.toInt(), first, first + (count.toIntOrNull() ?: 1) - 1)
    }

    private fun written(line: Int) = ranges.find { line in it.first..it.last }?.written ?: line

    companion object {
        /** One line of the map: `10#1:21,6` says that the lines from 21 to 26 were inlined on line 10. */
        private val INLINED = Regex("""(\d+)(?:#\d+)?:(\d+)(?:,(\d+))?""")

        // Weakly, and not with the class itself (in a ClassValue): a class of a loader above the library's, which is on
        // every stack, would keep the library's loader.
        private val ofClass = WeakHashMap<Class<*>, WrittenLines>()

        /** The line that was written for the [line] of a frame of [type]: the same, unless it is of inlined code. */
        fun of(type: Class<*>, line: Int): Int {
            val known = synchronized(ofClass) { ofClass[type] }
            if (known != null) return known.written(line)
            val read = WrittenLines(mapOf(type))
            synchronized(ofClass) { ofClass[type] = read }
            return read.written(line)
        }

        private fun mapOf(type: Class<*>): String {
            val name = "${type.name.substringAfterLast('.')}.class"
            val bytes = type.getResourceAsStream(name)?.use { it.readAllBytes() } ?: return ""
            val map = ClassFile.of().parse(bytes).findAttribute(Attributes.sourceDebugExtension()).getOrNull()
            return map?.let { String(it.contents()) }.orEmpty()
        }
    }
}
