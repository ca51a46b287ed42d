package dev.leasehold.memory.internal.budget

/** Numbers of bytes as people read them. */
internal object ByteText {
    private val UNITS = listOf(1L shl 40 to "TiB", 1L shl 30 to "GiB", 1L shl 20 to "MiB", 1L shl 10 to "KiB")

    /** [bytes] in the largest unit in which it is a whole number: `512 MiB`, `1000 bytes`. */
    fun of(bytes: Long): String {
        if (bytes == 1L) return "1 byte"
        val (size, unit) = UNITS.firstOrNull { bytes != 0L && bytes % it.first == 0L } ?: (1L to "bytes")
        return "${bytes / size} $unit"
    }

    /** [limit], where the largest long is none. */
    fun ofLimit(limit: Long): String = if (limit == Long.MAX_VALUE) "no limit" else of(limit)

    /** `app › ingest: 512 MiB of 512 MiB used`. */
    fun usage(path: String, used: Long, limit: Long): String =
        if (limit == Long.MAX_VALUE) "$path: ${of(used)} used, no limit" else "$path: ${of(used)} of ${of(limit)} used"

    /** `app › ingest: 512 MiB of 512 MiB used, 4 MiB asked`. */
    fun refusal(path: String, used: Long, limit: Long, asked: Long): String =
        "${usage(path, used, limit)}, ${of(asked)} asked"
}
