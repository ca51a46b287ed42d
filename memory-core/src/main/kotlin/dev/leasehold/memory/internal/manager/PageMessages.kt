package dev.leasehold.memory.internal.manager

import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.counted

/** The messages of runs of pages that refuse: the manager, the request, the bound, and the remedy. */
internal object PageMessages {
    fun notIn(id: Long, ids: String): String =
        "page $id is not in this run, which has the $ids: find the run of a page with findPages(id)"

    fun none(owner: Owner, count: Int): String = "$owner: a run has 1 page or more, and $count pages were requested"

    fun noPages(owner: Owner, size: Long, pageSize: Long): String =
        "$owner: a run has whole pages of ${bytes(pageSize)}, and ${bytes(size)} were requested: use resizePages"

    fun tooMany(owner: Owner, count: Int, pageSize: Long, most: Long, limited: Boolean): String {
        val bound = if (limited) {
            "its limit is ${bytes(most * pageSize)} (${counted(most, "page")}): raise the limit or request fewer"
        } else {
            "no run may have more than ${counted(most, "page")}: request fewer"
        }
        return "$owner: ${counted(count.toLong(), "page")} of ${bytes(pageSize)} requested, and $bound"
    }
}
