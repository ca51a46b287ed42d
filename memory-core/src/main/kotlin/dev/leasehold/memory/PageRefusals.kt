package dev.leasehold.memory

import dev.leasehold.memory.internal.access.counted

/** What runs of pages refuse, and in which words: who, how much was asked, what the bound is, and what to do. */
internal object PageRefusals {
    fun notIn(id: Long, ids: String): String =
        "page $id is not in this run, which has the $ids: find the run of a page with findPages(id)"

    fun none(manager: String, count: Int): String =
        "manager '$manager': a run has 1 page or more, and $count pages were asked"

    fun tooMany(manager: String, count: Int, pageSize: Long, most: Long, isLimit: Boolean): String =
        "manager '$manager': ${counted(count.toLong(), "page")} of $pageSize bytes asked, and " +
            if (isLimit) {
                "its limit is ${most * pageSize} bytes (${counted(most, "page")}): raise the limit or ask for fewer"
            } else {
                "no run may have more than ${counted(most, "page")}"
            }
}
