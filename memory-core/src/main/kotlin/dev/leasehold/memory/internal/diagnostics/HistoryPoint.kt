package dev.leasehold.memory.internal.diagnostics

/** What a budget [held] at a [time], in milliseconds since the beginning of 1970, and how much of it was [used]. */
internal class HistoryPoint(val time: Long, val held: Long, val used: Long)

/** The last [most] points. Any thread. */
internal class PointRing(private val most: Int) {
    private val points = ArrayDeque<HistoryPoint>()

    /** Those that there are, the oldest first. */
    fun toList(): List<HistoryPoint> = synchronized(this) { points.toList() }

    /** Adds [point], in the place of the oldest where there is no room. */
    fun add(point: HistoryPoint): Unit = synchronized(this) {
        if (points.size == most) points.removeFirst()
        points.addLast(point)
    }
}
