package dev.leasehold.memory.internal.access

/** So many of what [one] calls one of, as messages say it: `1 block`, `2 blocks`. */
internal fun counted(count: Long, one: String, many: String = one + "s"): String =
    if (count == 1L) "1 $one" else "$count $many"
