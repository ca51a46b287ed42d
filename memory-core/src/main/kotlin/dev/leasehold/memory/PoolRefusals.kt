package dev.leasehold.memory

import dev.leasehold.memory.internal.access.counted

/** The messages of a pool that refuses: who, how much was asked, what the bound is, and what to do. */
internal object PoolRefusals {
    const val SHARED_CLOSE: String =
        "the shared pool belongs to the whole process and cannot be closed; use MemoryPool.isolated(name) for one that can"

    fun negative(pool: String, size: Long): String = "pool '$pool': a size must not be negative, and was $size bytes"

    fun tooLarge(pool: String, size: Long, most: Long, isLimit: Boolean): String =
        "pool '$pool': $size bytes asked, and " +
            if (isLimit) {
                "its limit is $most bytes: raise the limit or ask for less"
            } else {
                "no request may be above $most bytes"
            }

    fun tooLargeForChunk(pool: String, size: Long, chunk: Long): String =
        "pool '$pool': $size bytes asked, and its chunks have $chunk bytes: make the chunks larger or ask for less"

    fun alignmentOfChunk(pool: String, alignment: Long, stride: Long): String =
        "pool '$pool': an alignment of $alignment asked, and its chunks lie $stride bytes apart: make the pool with that alignment"

    fun closed(pool: String): String = "pool '$pool' is closed: rent from a pool that is open"

    fun exhausted(pool: String, size: Long, limit: Long, reserved: Long, used: Long): String =
        if (limit == Long.MAX_VALUE) {
            "pool '$pool': the system refused memory for $size bytes ($reserved bytes reserved, $used bytes used)"
        } else {
            "pool '$pool': $size bytes asked, $reserved bytes of the limit of $limit bytes are reserved " +
                "and $used bytes used: close leases sooner, raise the limit, or rent with a timeout to wait"
        }

    fun noChunk(pool: String, capacity: Int, leased: Int): String =
        "pool '$pool': $leased of ${counted(capacity.toLong(), "chunk")} ${if (leased == 1) "is" else "are"} leased: " +
            "close leases sooner, make more chunks, or rent with a timeout to wait"

    fun timeout(pool: String, size: Long, nanos: Long, limit: Long, reserved: Long, used: Long): String =
        "pool '$pool': no memory for $size bytes came back within ${nanos / NANOS_A_MILLI} ms " +
            "($reserved bytes of the limit of $limit bytes are reserved and $used bytes used)"

    fun chunkTimeout(pool: String, nanos: Long, capacity: Int): String =
        "pool '$pool': ${if (capacity == 1) "the only chunk did not come" else "none of the $capacity chunks came"} " +
            "back within ${nanos / NANOS_A_MILLI} ms"

    fun outstanding(pool: String, leases: Long, bytes: Long, traced: Boolean): String {
        val one = leases == 1L
        val they = if (one) "it was" else "they were"
        return "pool '$pool' is closed, and ${counted(leases, "lease")} of $bytes bytes " +
            (if (one) "is outstanding; it frees its memory as it closes" else SEVERAL_OUTSTANDING) +
            (if (traced) "" else "; set traceSites = true on the pool to see where $they rented")
    }

    private const val SEVERAL_OUTSTANDING = "are outstanding; they free their memory as they close"
    private const val NANOS_A_MILLI = 1_000_000
}
