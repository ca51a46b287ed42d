package dev.leasehold.samples.service

/**
 * What one version of the service has done with a workload.
 *
 * @property answers what each client was answered
 * @property total the answer over all streams
 * @property rows how many lines were taken
 * @property cost what it took, from the first connection to the last answer
 * @property clientNanos what the clients' threads had of the processors' time
 * @property longestMillis the longest pause of a collection meanwhile
 */
internal class Outcome(
    val answers: List<String>,
    val total: String,
    val rows: Long,
    private val cost: Meters,
    private val clientNanos: Long,
    val longestMillis: Long,
) {
    val rowsPerSecond: Double get() = rows * 1e9 / cost.nanos
    val processorNanosPerRow: Double get() = perRow(cost.processorNanos - clientNanos)
    val heapBytesPerRow: Double get() = perRow(cost.heapBytes)
    val collections: Long get() = cost.collections

    /** What it cost alone, for keeping: answers may be large. */
    fun withoutAnswers(): Outcome = Outcome(emptyList(), "", rows, cost, clientNanos, longestMillis)

    private fun perRow(value: Long): Double = value.toDouble() / maxOf(rows, 1)
}
