package dev.leasehold.memory.internal.pool

import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.block.OwnerMessages
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.internal.platform.grouped

/** The messages of a pool of equal chunks: its name, the request, the bound, and the remedy. */
internal object ChunkMessages {
    fun notPositive(name: String, what: String, value: Long): String =
        "pool '$name': the $what must be positive, and was $value"

    fun tooMany(name: String, blockSize: Long, blockCount: Int): String =
        "pool '$name': ${counted(blockCount.toLong(), "chunk")} of ${bytes(blockSize)} " +
            "${if (blockCount == 1) "is" else "are"} more than a long can count"

    fun limit(name: String, limit: Long, needed: Long, blockSize: Long, blockCount: Int): String =
        "pool '$name': the limit of ${bytes(limit)} is below the ${bytes(needed)} of " +
            "${counted(blockCount.toLong(), "chunk")} of ${bytes(blockSize)}"

    fun limitOfChunks(owner: Owner, limit: Long, needed: Long): String = "$owner: its chunks have ${bytes(
        needed,
    )}, and no limit of ${bytes(limit)} changes that: make another pool with " +
        "more chunks or fewer"

    fun tooLarge(owner: Owner, size: Long, chunk: Long): String =
        "$owner: ${bytes(size)} requested, and its chunks have ${bytes(chunk)}: make the chunks larger or request less"

    fun alignment(owner: Owner, alignment: Long, stride: Long): String =
        "$owner: an alignment of $alignment requested, and its chunks lie ${bytes(stride)} apart: make the pool with " +
            "that alignment"

    fun none(owner: Owner, capacity: Int, leased: Int, quarantined: Int): String {
        val waiting = if (quarantined > 0) " and ${grouped(quarantined.toLong())} quarantined" else ""
        return "$owner: ${grouped(leased.toLong())} of ${counted(capacity.toLong(), "chunk")} " +
            "${if (leased == 1) "is" else "are"} leased$waiting: close leases sooner, make more chunks, or rent with " +
            "a timeout to wait"
    }

    fun timedOut(owner: Owner, nanos: Long, capacity: Int): String {
        val count = grouped(capacity.toLong())
        val chunks = if (capacity == 1) "the only chunk did not come" else "none of the $count chunks came"
        return "$owner: $chunks back within ${OwnerMessages.millis(nanos)}: close leases sooner, make more chunks, " +
            "or wait longer"
    }
}
