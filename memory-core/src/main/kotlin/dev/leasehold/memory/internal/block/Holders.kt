package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.budget.Holding
import dev.leasehold.memory.internal.platform.age
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.counted

/** Who holds memory: what is watched and not closed, by the place that took it. */
internal object Holders {
    private const val MOST_LINES = 50
    private const val MOST_NAMED = 3

    // What a message costs must not grow with all that is out.
    private const val MOST_READ = 10_000

    /** What one place took under one tag. */
    class Group(val owner: Owner, val site: Site, val tag: String?, private val traces: List<Trace>) : Holding {
        /** What was taken first. */
        val oldest: Trace = traces.maxBy { it.age }

        /** How many leases or blocks. */
        val count: Int get() = traces.size

        override val bytes: Long = traces.sumOf { it.size }

        override fun describe(withOwner: Boolean): String {
            val what = "${counted(count.toLong(), owner.kind.item)} of ${bytes(bytes)}"
            val from = if (withOwner) " from $owner" else ""
            val oldest = if (count == 1) " ${age(oldest.age)} ago" else ", the oldest ${age(oldest.age)} ago"
            return "$what$from ${this.oldest.origin()}$oldest"
        }
    }

    /** What [traces] hold, what holds the most bytes first; of very many, the first. */
    fun of(traces: List<Trace>): List<Group> = traces.take(MOST_READ)
        .groupBy { Triple(it.owner, it.tag, it.site) }
        .map { (key, of) -> Group(key.first, key.third, key.second, of) }
        .sortedByDescending { it.bytes }

    /** A list with a line for each of [groups]. */
    fun lines(groups: List<Holding>): String {
        val shown = groups.take(MOST_LINES).joinToString("") { "\n  ${it.describe(withOwner = false)}" }
        return shown + rest(groups.drop(MOST_LINES), "\n  and ")
    }

    /** The end of a message that refuses for want of memory; empty where nothing is watched. */
    fun suffix(groups: List<Holding>, withOwner: Boolean = false): String {
        if (groups.isEmpty()) return ""
        val largest = groups.sortedByDescending { it.bytes }
        val shown = largest.take(MOST_NAMED).joinToString("; ") { it.describe(withOwner) }
        return "; held by $shown" + rest(largest.drop(MOST_NAMED), "; and ")
    }

    private fun rest(groups: List<Holding>, before: String): String = if (groups.isEmpty()) {
        ""
    } else {
        "$before${bytes(groups.sumOf { it.bytes })} by ${counted(groups.size.toLong(), "other place")}"
    }
}
