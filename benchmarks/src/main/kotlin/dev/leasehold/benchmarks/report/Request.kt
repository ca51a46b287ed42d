package dev.leasehold.benchmarks.report

import java.nio.file.Path

/** The command line asked for something that there is not; the message says what there is. */
internal class UsageException(message: String) : Exception(message)

/**
 * What the command line asks for.
 *
 * @property from results to show instead of measuring
 * @property results where a run keeps its results
 * @property page the page to write, or null to print only
 * @property include what to run, as a regular expression over the names
 * @property quick whether to measure for seconds only, to see that all works
 */
internal data class Request(
    val from: Path?,
    val results: Path,
    val page: Path?,
    val include: String,
    val quick: Boolean,
) {
    companion object {
        val USAGE: String =
            """
            |usage: java -cp benchmarks/target/benchmarks.jar dev.leasehold.benchmarks.report.ReportKt [option …]
            |
            |  (nothing)         measures all (about 40 minutes), prints the tables, writes docs/performance.md
            |  --quick           measures for half a second each: for work on the benchmarks, says little; only prints
            |  --include REGEX   measures what matches, such as RentBenchmark; only prints
            |  --from FILE       measures nothing: shows results that an earlier run kept; writes docs/performance.md
            |  --to FILE         writes that page, also with --quick and --include
            |  --results FILE    keeps the results there (benchmarks/target/performance.json)
            """.trimMargin()

        private val PAGE = Path.of("docs", "performance.md")
        private val RESULTS = Path.of("benchmarks", "target", "performance.json")
        private val VALUED = setOf("--include", "--from", "--to", "--results")

        /** @throws UsageException when [arguments] hold an option that does not exist or lacks its value */
        fun parse(arguments: List<String>): Request {
            val given = mutableMapOf<String, String>()
            val rest = arguments.iterator()
            for (option in rest) given[option] = valueOf(option, rest)
            val partial = "--quick" in given || "--include" in given
            return Request(
                from = given["--from"]?.let(Path::of),
                results = given["--results"]?.let(Path::of) ?: RESULTS,
                page = given["--to"]?.let(Path::of) ?: PAGE.takeUnless { partial },
                include = given["--include"] ?: "dev\\.leasehold\\.",
                quick = "--quick" in given,
            )
        }

        private fun valueOf(option: String, rest: Iterator<String>): String = when (option) {
            "--quick" -> ""
            in VALUED -> if (rest.hasNext()) rest.next() else throw UsageException("$option needs a value\n$USAGE")
            else -> throw UsageException("there is no option '$option'\n$USAGE")
        }
    }
}
