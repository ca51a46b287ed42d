package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.internal.diagnostics.HistoryPoint
import dev.leasehold.memory.internal.diagnostics.PointRing
import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.grouped
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/**
 * How much a budget held, and how much of that was in use, over time: for a [MemoryReport].
 *
 * **Ownership.** The caller closes it; until then the library's background thread takes a [MemorySnapshot] at each
 * interval, and the budget stays. What was recorded stays until this is garbage.
 * **Threads.** Any.
 * **Cost.** A snapshot for each interval, and 40 bytes for each of those that are kept.
 *
 * @sample dev.leasehold.memory.samples.reportOfAll
 */
public class MemoryHistory private constructor(
    private val budget: MemoryBudget,
    private val every: Duration,
    most: Int,
) : AutoCloseable {
    private val ring = PointRing(most)
    private var next: AutoCloseable? = null
    private var isClosed = false

    /** What is recorded now, the oldest first. */
    internal val points: List<HistoryPoint> get() = ring.toList()

    /** How many moments are recorded now. */
    public val size: Int get() = points.size

    private fun record() {
        try {
            val snapshot = MemorySnapshot.take(budget)
            ring.add(HistoryPoint(snapshot.time, snapshot.budget.used, snapshot.budget.shares.used))
        } finally {
            scheduleNext()
        }
    }

    private fun scheduleNext(): Unit = synchronized(this) {
        if (!isClosed) next = Background.schedule(every, ::record)
    }

    /** Records no more. What was recorded can still be shown. Closing again does nothing. */
    override fun close(): Unit = synchronized(this) {
        isClosed = true
        next?.close()
        next = null
    }

    /** How many moments are recorded, for logs. */
    override fun toString(): String = "MemoryHistory of ${budget.path}: ${grouped(size.toLong())} recorded every $every"

    /** Begins histories. */
    public companion object {
        private val USUAL_INTERVAL = 1.seconds
        private val LEAST_INTERVAL = 10.milliseconds
        private val LONGEST_INTERVAL = 24.hours
        private const val USUAL_COUNT = 600
        private const val MOST_COUNT = 100_000

        /**
         * Records [budget], the whole process's if it is not said, from now on, [every] so often; of what was recorded
         * it keeps the last [most].
         *
         * @throws MemoryConfigurationException when [every] is not from 10 milliseconds to a day, or [most] is not from
         *   2 to 100,000
         */
        @JvmSynthetic
        public fun record(
            budget: MemoryBudget = MemoryBudget.root(),
            every: Duration = USUAL_INTERVAL,
            most: Int = USUAL_COUNT,
        ): MemoryHistory {
            if (every !in LEAST_INTERVAL..LONGEST_INTERVAL) {
                throw MemoryConfigurationException(
                    "a history records every $LEAST_INTERVAL to $LONGEST_INTERVAL, and not every $every",
                )
            }
            if (most !in 2..MOST_COUNT) {
                throw MemoryConfigurationException(
                    "a history keeps 2 to ${grouped(MOST_COUNT.toLong())} moments, and not ${grouped(most.toLong())}",
                )
            }
            return MemoryHistory(budget, every, most).also(MemoryHistory::record)
        }

        /** [record] for Java: the whole process, once a second, the last ten minutes. */
        @JvmStatic
        public fun record(): MemoryHistory = record(MemoryBudget.root())

        /** [record] for Java. */
        @JvmStatic
        public fun record(budget: MemoryBudget, every: JavaDuration, most: Int): MemoryHistory =
            record(budget, every.toKotlinDuration(), most)
    }
}
