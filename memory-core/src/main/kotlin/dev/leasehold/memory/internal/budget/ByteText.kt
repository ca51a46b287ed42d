package dev.leasehold.memory.internal.budget

import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.grouped

/** Numbers of bytes as budgets show them: in the largest unit in which they are whole. */
internal object ByteText {
    private val UNITS = listOf(1L shl 40 to "TiB", 1L shl 30 to "GiB", 1L shl 20 to "MiB", 1L shl 10 to "KiB")

    /** `512 MiB`, `1,000 bytes`. */
    fun of(bytes: Long): String {
        val (size, unit) = UNITS.firstOrNull { bytes != 0L && bytes % it.first == 0L } ?: return bytes(bytes)
        return "${grouped(bytes / size)} $unit"
    }

    /** [limit], where the largest long is none. */
    fun ofLimit(limit: Long): String = if (limit == Long.MAX_VALUE) "no limit" else of(limit)

    /** `app › ingest: 512 MiB of 512 MiB used`. */
    fun usage(path: String, used: Long, limit: Long): String =
        if (limit == Long.MAX_VALUE) "$path: ${of(used)} used, no limit" else "$path: ${of(used)} of ${of(limit)} used"

    /** `app › ingest: 512 MiB of 512 MiB used, 4 MiB requested`. */
    fun refusal(path: String, used: Long, limit: Long, requested: Long, outside: Long = 0): String {
        val others = if (outside == 0L) "" else ", ${of(outside)} by $OTHERS"
        return "${usage(path, used, limit)}$others, ${of(requested)} requested"
    }

    /** Whose bytes take room from a root that are not its own. */
    const val OTHERS: String = "other copies of Leasehold in this process"
}
