package dev.leasehold.memory

import dev.leasehold.memory.internal.access.counted

/** The messages of a manager that refuses: who, how much was asked, what the bound is, and what to do. */
internal object ManagerRefusals {
    const val SYSTEM_CLOSE: String =
        "the system manager belongs to the whole process and cannot be closed; " +
            "use SystemMemoryManager(name) for one that can"

    const val SYSTEM_CLEAR: String =
        "the system manager belongs to the whole process, and others own blocks of it that nobody may take from " +
            "them: use SystemMemoryManager(name) for one that can be cleared"

    fun negative(manager: String, size: Long): String =
        "manager '$manager': a size must not be negative, and was $size bytes"

    fun layout(manager: String, layout: String, stride: Long, count: Long): String =
        "manager '$manager': $count elements of $layout, $stride bytes each, cannot be allocated: their number must " +
            "not be negative, and their bytes must not be more than a long counts"

    fun tooLarge(manager: String, size: Long, most: Long, isLimit: Boolean): String =
        "manager '$manager': $size bytes asked, and " +
            if (isLimit) {
                "its limit is $most bytes: raise the limit or ask for less"
            } else {
                "no block may be above $most bytes"
            }

    fun closed(manager: String): String = "manager '$manager' is closed: allocate from a manager that is open"

    fun exhausted(manager: String, size: Long, limit: Long, reserved: Long, used: Long): String =
        if (limit == Long.MAX_VALUE) {
            "manager '$manager': the system refused memory for $size bytes ($reserved bytes reserved, $used bytes used)"
        } else {
            "manager '$manager': $size bytes asked, $reserved bytes of the limit of $limit bytes are reserved " +
                "and $used bytes used: close blocks sooner or raise the limit"
        }

    fun outstanding(manager: String, blocks: Long, bytes: Long, dump: String?): String {
        val one = blocks == 1L
        val they = if (one) "it was" else "they were"
        return "manager '$manager' is closed, and ${counted(blocks, "block")} of $bytes bytes " +
            (if (one) "is allocated; it frees its memory as it is closed" else SEVERAL_ALLOCATED) +
            (dump?.let { ":$it" } ?: "; set traceSites = true on the manager to see where $they allocated")
    }

    private const val SEVERAL_ALLOCATED = "are allocated; they free their memory as they are closed"
}
