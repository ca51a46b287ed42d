package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.internal.platform.grouped

/** What the exceptions of object pools say. */
internal object SlotMessages {
    fun tooMany(name: String, shape: SlotShape) = MemoryExhaustedException(
        "object pool '$name' cannot have another batch: it has ${grouped(MOST_SLOTS)} places for objects of " +
            "${bytes(shape.stride)}, and all are taken; use several pools",
        name,
        shape.stride,
    )

    fun full(name: String, capacity: Long, size: Long) = MemoryExhaustedException(
        "object pool '$name' is full: all of its ${grouped(capacity)} objects of ${bytes(size)} live, which is its " +
            "capacity; free one first, or make the pool with a larger capacity",
        name,
        size,
    )

    fun closed(name: String) = "object pool '$name' is closed and allocates nothing more"

    fun stale(name: String, handle: Long) =
        "${text(handle)} names no object that lives in object pool '$name': it was freed, or it is another pool's"

    fun text(handle: Long): String = if (handle == 0L) {
        "Handle(none)"
    } else {
        "Handle(${grouped(handle and 0x7FFF_FFFF)}, generation ${grouped(generationOf(handle))})"
    }

    fun notPositive(name: String, what: String, value: Long) =
        "object pool '$name': the $what must be above 0, and was ${grouped(value)}"

    fun alignment(name: String, what: String, value: Long, page: Long) =
        "object pool '$name': the $what must be a power of two up to ${grouped(page)}, and was ${grouped(value)}"

    fun batch(name: String, batchSize: Int, stride: Long, most: Long) = "object pool '$name': a batch of " +
        "${counted(
            batchSize.toLong(),
            "object",
        )} that lie ${bytes(stride)} apart has more than the ${bytes(most)} that its manager " +
        "can allocate at once; make the batches smaller"
}
