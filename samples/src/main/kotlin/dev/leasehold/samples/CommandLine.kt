package dev.leasehold.samples

import com.github.ajalt.clikt.core.CliktError
import com.github.ajalt.clikt.core.CoreCliktCommand
import com.github.ajalt.clikt.core.UsageError
import com.github.ajalt.clikt.core.parse
import com.github.ajalt.clikt.parameters.options.NullableOption
import com.github.ajalt.clikt.parameters.options.RawOption
import com.github.ajalt.clikt.parameters.options.convert
import java.io.FileDescriptor
import java.io.FileOutputStream
import java.io.PrintStream

/** The console's output, in UTF-8 whatever the locale of the terminal says. */
fun utf8Output(): PrintStream = PrintStream(FileOutputStream(FileDescriptor.out), true, Charsets.UTF_8)

/** The console's errors, in UTF-8. */
fun utf8Errors(): PrintStream = PrintStream(FileOutputStream(FileDescriptor.err), true, Charsets.UTF_8)

/** Runs the command without ending the process, and returns the exit code: 2 for a wrong command line. */
fun CoreCliktCommand.execute(words: List<String>, out: PrintStream, err: PrintStream): Int = try {
    parse(words)
    0
} catch (end: CliktError) {
    getFormattedHelp(end)?.let { (if (end.printError) err else out).println(it) }
    if (end is UsageError) 2 else end.statusCode
}

/** A number of bytes, or a size with its unit: `64MiB`, `1GiB`. */
fun RawOption.size(): NullableOption<Long, Long> = convert("SIZE") { text ->
    val (digits, unit) = SIZE.matchEntire(text)?.destructured ?: fail("'$text' is no size such as 64MiB or 1GiB")
    digits.toLong() shl 10 * UNITS.indexOf(unit.lowercase()).coerceAtLeast(0)
}

/** So few digits that no unit makes them overflow. */
private val SIZE = Regex("([0-9]{1,9})(|KiB|MiB|GiB)", RegexOption.IGNORE_CASE)
private val UNITS = listOf("", "kib", "mib", "gib")
