package dev.leasehold.samples.service

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
    val kind: ServiceKind = ServiceKind.COROUTINES,
    val memory: Long = ServiceMemory.DEFAULT,
    val slow: Int = 0,
    val sweep: Boolean = false,
    val write: Path? = null,
    val help: Boolean = false,
) {
    /** Whether the coroutine version is run alone: asked for, or because nobody wants so many threads. */
    val isSweep: Boolean get() = sweep || clients > MOST_THREADS

    companion object {
        /** Above so many clients the versions with a thread for each connection are left out. */
        const val MOST_THREADS: Int = 1000

        const val USAGE: String = """Runs a measurement service and its clients on loopback TCP: on the heap, on
leased memory with a thread for each connection, and on leased memory with coroutines that wait when the memory is out.
Checks that all give the same answer, and prints what each has cost.

  --rows N             lines to generate (default 1000000)
  --clients N          connections at a time, 1 to 10000 (default 4); above 1000 only the coroutines are run
  --slow N             so many of the clients are slow, and keep the service's memory meanwhile (default 0)
  --memory SIZE        what the coroutines may hold off the heap, from 8MiB (default 64MiB)
  --sweep              the coroutines alone with 1, 100 and 5000 clients, up to 1500 of them slow
  --seed N             seed of the generator (default 42)
  --stations N         different stations, 1 to 10000 (default 413)
  --input FILE         send this file of 'station;temperature' lines instead
  --bundled            send the small file that comes with this program instead
  --repeat N           send the file N times over (default 1)
  --threads KIND       what serves: 'coroutines' (default), or 'platform' or 'virtual' threads, one a connection
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
            while (left.isNotEmpty()) read = read.with(left.removeFirst(), Values(left))
            read.check()
            return read
        }

        private fun Arguments.with(option: String, values: Values): Arguments = when (option) {
            "--rows" -> copy(rows = values.number(option, 0..100_000_000_000))
            "--clients" -> copy(clients = values.number(option, 1..10_000L).toInt())
            "--slow" -> copy(slow = values.number(option, 0..10_000L).toInt())
            "--memory" -> copy(memory = values.size(option, ServiceMemory.LEAST))
            "--sweep" -> copy(sweep = true)
            "--seed" -> copy(seed = values.number(option, Long.MIN_VALUE..Long.MAX_VALUE))
            "--stations" -> copy(stations = values.number(option, 1..LineFormat.MAX_STATIONS.toLong()).toInt())
            "--input" -> copy(input = values.file(option))
            "--bundled" -> copy(bundled = true)
            "--repeat" -> copy(repeat = values.number(option, 1..1_000_000L).toInt())
            "--threads" -> copy(kind = values.kind(option))
            "--write" -> copy(write = Path.of(values.next(option)))
            "--help", "-h" -> copy(help = true)
            else -> throw UsageException("unknown argument '$option'")
        }

        private fun Arguments.check() {
            if (input != null && bundled) throw UsageException("--input and --bundled exclude each other")
            if (repeat > 1 && input == null && !bundled) {
                throw UsageException("--repeat needs --input or --bundled; use --rows for more generated lines")
            }
            if (slow > clients) throw UsageException("--slow is $slow, but there are only $clients --clients")
            if (isSweep && kind != ServiceKind.COROUTINES) {
                throw UsageException(
                    "--threads ${kind.word} serves at most $MOST_THREADS clients, and no --sweep: it cannot wait for memory",
                )
            }
        }
    }
}

/** A command line that makes no sense. */
internal class UsageException(message: String) : RuntimeException(message)
