package dev.leasehold.samples.service

import dev.leasehold.memory.GiB
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MiB
import java.nio.file.Files
import java.nio.file.Path
import java.util.Locale

/** The values behind the options of a command line, each refused by name when it makes no sense. */
internal class Values(private val left: ArrayDeque<String>) {
    fun next(option: String): String =
        left.removeFirstOrNull() ?: throw UsageException("$option needs a value behind it")

    fun number(option: String, range: LongRange): Long {
        val text = next(option)
        val number = text.replace("_", "").toLongOrNull()
            ?: throw UsageException("$option needs a whole number, not '$text'")
        if (number !in range) {
            throw UsageException("$option is $number, but must be ${range.first} to ${range.last}")
        }
        return number
    }

    /** A number of bytes: `64MiB`. */
    fun size(option: String, least: Long): Long {
        val text = next(option)
        val (digits, unit) = SIZE.matchEntire(text.replace("_", ""))?.destructured
            ?: throw UsageException("$option needs a size such as 64MiB or 512KiB, not '$text'")
        val bytes = digits.toLong() * (UNITS.getValue(unit.lowercase(Locale.ROOT)))
        if (bytes < least) throw UsageException("$option is $bytes bytes, but the service needs at least $least")
        return bytes
    }

    fun file(option: String): Path {
        val path = Path.of(next(option))
        if (!Files.isRegularFile(path)) throw UsageException("$option: there is no file '$path'")
        if (!Files.isReadable(path)) throw UsageException("$option: the file '$path' cannot be read")
        return path
    }

    fun kind(option: String): ServiceKind {
        val word = next(option)
        return ServiceKind.entries.find { it.word == word }
            ?: throw UsageException("$option is 'coroutines', 'platform' or 'virtual', not '$word'")
    }

    private companion object {
        /** Few enough digits that no unit makes them overflow. */
        val SIZE = Regex("([0-9]{1,9})([kmg]ib|b|)", RegexOption.IGNORE_CASE)
        val UNITS = mapOf("" to 1L, "b" to 1L, "kib" to 1.KiB, "mib" to 1.MiB, "gib" to 1.GiB)
    }
}
