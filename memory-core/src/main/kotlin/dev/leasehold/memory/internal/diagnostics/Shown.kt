package dev.leasehold.memory.internal.diagnostics

import java.util.IdentityHashMap

/**
 * Which of [all] are shown one by one: the [most] that weigh most. The others are summed up. One thread.
 *
 * @param prefix what the ids begin with by which the shown are found in the page
 */
internal class Shown<T : Any>(all: List<T>, most: Int, prefix: String, weight: (T) -> Long) {
    private val ids = IdentityHashMap<T, String>()

    /** The shown, those that weigh most first. */
    val list: List<T> = all.sortedByDescending(weight).take(most)

    init {
        for ((index, each) in list.withIndex()) ids[each] = "$prefix$index"
    }

    /** The id of [each] in the page; null when it is not shown. */
    fun idOf(each: T): String? = ids[each]

    operator fun contains(each: T): Boolean = ids.containsKey(each)
}
