@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.testing.internal

import dev.leasehold.memory.diagnostics.HeldMemory
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.describeBytes

/** What checks for leaks say. */
internal object LeakMessages {
    private const val MOST_NAMED = 20
    private const val REMEDY = "close each where it is no longer used, with use { } or try and finally"

    /** [what] has left [leaks] open, the largest first. */
    fun leaked(what: String, leaks: List<HeldMemory>): String {
        val largest = leaks.sortedWith(
            compareByDescending<HeldMemory> {
                it.bytes
            }.thenBy { it.owner }.thenBy { it.site },
        )
        val head = "$what left ${counted(leaks)} of ${describeBytes(leaks.sumOf { it.bytes })} open; $REMEDY:"
        val rest = largest.drop(MOST_NAMED)
        val more = if (rest.isEmpty()) "" else "\n  and ${rest.size} more of ${describeBytes(rest.sumOf { it.bytes })}"
        return largest.take(MOST_NAMED).joinToString("", head, more) { "\n  $it${calls(it)}" }
    }

    private fun counted(leaks: List<HeldMemory>) = leaks.groupBy { it.kind }.entries.sortedByDescending { it.key }
        .joinToString(" and ") { (kind, of) -> "${of.size} $kind${if (of.size == 1) "" else "s"}" }

    private fun calls(leak: HeldMemory) = leak.stack.joinToString("") { "\n      at $it" }

    /** The check of [what] was to begin while that of [other] is running. */
    fun overlap(what: String, other: String): String =
        "the leak check of $what cannot begin inside of that of $other, which is running: what they count is open in " +
            "the whole process, so tests with a check run one after the other; give their classes @Isolate (Kotest) " +
            "or @Isolated (JUnit), or check around all of them"
}
