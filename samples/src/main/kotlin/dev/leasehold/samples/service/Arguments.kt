package dev.leasehold.samples.service

import java.nio.file.Files
import java.nio.file.Path

/** What the command line asks for. */
internal data class Arguments(
    val rows: Long = 1_000_000,
    val clients: Int = 4,
    val seed: Long = 42,
    val stations: Int = StationNames.DEFAULT_COUNT,
    val input: Path? = null,
    val bundled: Boolean = false,
    val repeat: Int = 1,
    val virtualThreads: Boolean = false,
    val write: Path? = null,
    val help: Boolean = false,
) {
    companion object {
        const val USAGE: String = """Runs a measurement service and its clients on loopback TCP, once on the heap
and once on leased memory, checks that both give the same answer, and prints what each has cost.

  --rows N             lines to generate (default 1000000)
  --clients N          connections at a time, 1 to 1000 (default 4)
  --seed N             seed of the generator (default 42)
  --stations N         different stations, 1 to 10000 (default 413)
  --input FILE         send this file of 'station;temperature' lines instead
  --bundled            send the small file that comes with this program instead
  --repeat N           send the file N times over (default 1)
  --threads KIND       'platform' (default) or 'virtual': the service's threads, one a connection
  --write FILE         only write the generated lines to FILE
  --help               show this"""

        /**
         * Reads the command line.
         *
         * @throws UsageException when it makes no sense; the message names the argument and what it may be
         */
        fun parse(words: List<String>): Arguments {
            var read = Arguments()
            val left = ArrayDeque(words)
            while (left.isNotEmpty()) read = read.with(left.removeFirst(), left)
            if (read.input != null && read.bundled) throw UsageException("--input and --bundled exclude each other")
            if (read.repeat > 1 && read.input == null && !read.bundled) {
                throw UsageException("--repeat needs --input or --bundled; use --rows for more generated lines")
            }
            return read
        }

        private fun Arguments.with(option: String, left: ArrayDeque<String>): Arguments = when (option) {
            "--rows" -> copy(rows = number(option, left, 0..100_000_000_000))
            "--clients" -> copy(clients = number(option, left, 1..1000L).toInt())
            "--seed" -> copy(seed = number(option, left, Long.MIN_VALUE..Long.MAX_VALUE))
            "--stations" -> copy(stations = number(option, left, 1..LineFormat.MAX_STATIONS.toLong()).toInt())
            "--input" -> copy(input = file(option, left))
            "--bundled" -> copy(bundled = true)
            "--repeat" -> copy(repeat = number(option, left, 1..1_000_000L).toInt())
            "--threads" -> copy(virtualThreads = isVirtual(option, left))
            "--write" -> copy(write = Path.of(value(option, left)))
            "--help", "-h" -> copy(help = true)
            else -> throw UsageException("unknown argument '$option'")
        }

        private fun number(option: String, left: ArrayDeque<String>, range: LongRange): Long {
            val text = value(option, left)
            val number = text.replace("_", "").toLongOrNull()
                ?: throw UsageException("$option needs a whole number, not '$text'")
            if (number !in
                range
            ) {
                throw UsageException("$option is $number, but must be ${range.first} to ${range.last}")
            }
            return number
        }

        private fun file(option: String, left: ArrayDeque<String>): Path {
            val path = Path.of(value(option, left))
            if (!Files.isRegularFile(path)) throw UsageException("$option: there is no file '$path'")
            if (!Files.isReadable(path)) throw UsageException("$option: the file '$path' cannot be read")
            return path
        }

        private fun isVirtual(option: String, left: ArrayDeque<String>): Boolean =
            when (val kind = value(option, left)) {
                "virtual" -> true
                "platform" -> false
                else -> throw UsageException("$option is 'platform' or 'virtual', not '$kind'")
            }

        private fun value(option: String, left: ArrayDeque<String>): String =
            left.removeFirstOrNull() ?: throw UsageException("$option needs a value behind it")
    }
}

/** A command line that makes no sense. */
internal class UsageException(message: String) : RuntimeException(message)
