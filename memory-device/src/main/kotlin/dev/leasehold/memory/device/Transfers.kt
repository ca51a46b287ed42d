@file:JvmName("Transfers")
@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.device

import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.ReadOnlySegmentException
import dev.leasehold.memory.device.internal.HeldRange
import dev.leasehold.memory.device.internal.Transfer
import dev.leasehold.memory.device.internal.driver.FillCommand
import dev.leasehold.memory.internal.spi.HeldBytes
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.hold
import dev.leasehold.memory.internal.spi.readOnly
import dev.leasehold.memory.typed.TypedBuffer
import dev.leasehold.memory.typed.TypedMemoryClosedException
import dev.leasehold.memory.typed.UniqueBuffer
import dev.leasehold.memory.typed.allocateBuffer
import kotlinx.coroutines.suspendCancellableCoroutine
import java.util.concurrent.CompletableFuture
import kotlin.coroutines.resume
import kotlin.coroutines.resumeWithException

// What moves between buffers, wherever they lie: on the host, on a device, on another one. What is begun on one device
// happens there in that order, one after the other.

/**
 * Copies [count] elements of this buffer, from [from] on, to those of [target] from [to] on, and returns when they are
 * there. Between the host and a device, inside of a device, between two (by way of the host), or on the host.
 *
 * **Ownership.** Both buffers stay their holders'. One that is closed meanwhile keeps its memory until the end.
 * **Threads.** Any. **Cost.** The driver's own, and some hundred nanoseconds.
 *
 * @throws TransferRangeException when a range is not inside of its buffer, or both ranges are on one device and
 *   overlap; nothing was written
 * @throws ReadOnlySegmentException when the target's memory is read-only
 * @throws TypedMemoryClosedException when a buffer has no memory any more
 * @throws DeviceException when a device cannot; the target's bytes are undefined then
 */
@JvmOverloads
public fun <E> TypedBuffer<E>.copyTo(
    target: TypedBuffer<E>,
    from: Long = 0,
    to: Long = 0,
    count: Long = this.count - from,
): Unit = translating { transferOf(this, target, from, to, count).run() }

/**
 * Begins [copyTo], and returns what completes when all is there. Both buffers may be closed meanwhile; their memory
 * stays until then, and nobody else gets it.
 *
 * Memory that was adopted with an arena of its own is copied before this returns, because nothing else keeps it.
 *
 * Throws what [copyTo] does before anything has begun; the future fails with a [DeviceException]. What depends on it
 * runs on the common pool. To cancel it stops nothing.
 */
@JvmOverloads
public fun <E> TypedBuffer<E>.copyToAsync(
    target: TypedBuffer<E>,
    from: Long = 0,
    to: Long = 0,
    count: Long = this.count - from,
): CompletableFuture<Void?> {
    val result = CompletableFuture<Void?>()
    val transfer = transferOf(this, target, from, to, count)
    translating {
        transfer.begin { failure ->
            if (failure == null) result.complete(null) else result.completeExceptionally(translated(failure))
        }
    }
    return result
}

/**
 * [copyTo] that suspends until all is there. A coroutine that is cancelled meanwhile goes on at once; the transfer goes
 * on to its end, and both buffers keep their memory until then, also when they are closed.
 *
 * Throws what [copyTo] does.
 */
@JvmSynthetic
public suspend fun <E> TypedBuffer<E>.copyToSuspending(
    target: TypedBuffer<E>,
    from: Long = 0,
    to: Long = 0,
    count: Long = this.count - from,
): Unit = suspendCancellableCoroutine { continuation ->
    val transfer = transferOf(this, target, from, to, count)
    translating {
        transfer.begin { failure ->
            if (failure == null) continuation.resume(Unit) else continuation.resumeWithException(translated(failure))
        }
    }
}

/**
 * Makes each byte of [count] elements, from [from] on, [value], wherever they lie, and returns when they are.
 *
 * **Ownership.** The buffer stays its holder's; closed meanwhile, it keeps its memory until the end. **Threads.** Any.
 * **Cost.** That of the device, or of the host.
 *
 * @throws TransferRangeException when the range is not inside of this buffer
 * @throws ReadOnlySegmentException when its memory is read-only
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 * @throws DeviceException when its device cannot; its bytes are undefined then
 */
@JvmOverloads
public fun TypedBuffer<*>.fill(value: Byte, from: Long = 0, count: Long = this.count - from) {
    val held = hold()
    try {
        val range = rangeOf(this, held, from, count, "buffer")
        if (held.isReadOnly) throw readOnly("$this cannot be filled")
        if (range.size == 0L) return
        when (val device = range.device) {
            null -> range.view().fill(value)
            else -> translating { device.driver.run(FillCommand(range.address, range.size, value)) }
        }
    } finally {
        held.leave()
    }
}

/** The transfer of [count] elements of [source], from [from] on, to those of [target] from [to] on. */
private fun <E> transferOf(
    source: TypedBuffer<E>,
    target: TypedBuffer<E>,
    from: Long,
    to: Long,
    count: Long,
): Transfer {
    val held = source.hold()
    return orLeaving(held) {
        val sourceRange = rangeOf(source, held, from, count, "source")
        val taker = target.hold()
        orLeaving(taker) {
            val targetRange = rangeOf(target, taker, to, count, "target")
            if (taker.isReadOnly) throw readOnly("$target cannot be written to")
            if (sourceRange.overlaps(targetRange)) throw overlap(source)
            Transfer(sourceRange, targetRange)
        }
    }
}

private inline fun orLeaving(held: HeldBytes, action: () -> Transfer): Transfer = try {
    action()
} catch (failure: Throwable) {
    held.leave()
    throw failure
}

/**
 * [count] elements, from [first] on, of what is [held] of [buffer], which is the [role] of a transfer. By what is held
 * alone: the buffer may have other memory by now.
 */
private fun rangeOf(buffer: TypedBuffer<*>, held: HeldBytes, first: Long, count: Long, role: String): HeldRange {
    val element = buffer.type.byteSize
    val elements = held.size / element
    if (first < 0 || count < 0 || first > elements - count) {
        throw TransferRangeException(
            "$count elements from $first on are not inside of the $role $buffer: take a range from 0 to $elements",
        )
    }
    return HeldRange(held, first * element, count * element)
}

private fun overlap(buffer: TypedBuffer<*>) = TransferRangeException(
    "two ranges of $buffer overlap, which a device does not copy in order: copy by way of another buffer",
)

// ---- copies elsewhere ----

/**
 * A copy of this buffer in the host's memory, from [manager]: the process's own by default.
 *
 * **Ownership.** The copy is the caller's; this buffer stays its holder's. **Threads.** Any. **Cost.** An allocation
 * and [copyTo].
 *
 * @throws MemoryExhaustedException when there is no room for it
 * @throws TypedMemoryClosedException when this buffer has no memory any more
 * @throws DeviceException when the device cannot; no copy is left
 */
@JvmOverloads
public fun <E> TypedBuffer<E>.toHost(manager: MemoryManager = MemoryManager.system()): UniqueBuffer<E> =
    copiedInto(manager.allocateBuffer(type, count))

/** A copy of this buffer on the device of [manager]: as [toHost]. */
public fun <E> TypedBuffer<E>.toDevice(manager: DeviceMemoryManager): UniqueBuffer<E> =
    copiedInto(manager.allocateBuffer(type, count))

/** A copy of this buffer on [device], from the process's own manager of its memory: as [toHost]. */
public fun <E> TypedBuffer<E>.toDevice(device: Device): UniqueBuffer<E> = toDevice(device.memory)

private fun <E> TypedBuffer<E>.copiedInto(fresh: UniqueBuffer<E>): UniqueBuffer<E> {
    try {
        copyTo(fresh)
        return fresh
    } catch (failure: Throwable) {
        fresh.close()
        throw failure
    }
}

// ---- moves elsewhere ----

/**
 * A buffer that the host can read, and that owns what this one did: without a copy where the host can read this one's
 * memory already, and otherwise by [toHost], after which this one is closed.
 *
 * **Ownership.** The result is the caller's. This buffer has been moved or closed from then on; when this throws, it is
 * as it was, also when it cannot be closed now ([MemoryBusyException]).
 *
 * Throws what [toHost] does.
 */
@JvmOverloads
public fun <E> UniqueBuffer<E>.moveToHost(manager: MemoryManager = MemoryManager.system()): UniqueBuffer<E> =
    if (location.isHostReadable) move() else closing(toHost(manager))

/**
 * A buffer that the device of [manager] can read, and that owns what this one did: without a copy where the memory is
 * that device's own or shared with it, and otherwise by [toDevice], after which this one is closed.
 *
 * **Ownership.** As [moveToHost]. Throws what [toDevice] does.
 */
public fun <E> UniqueBuffer<E>.moveToDevice(manager: DeviceMemoryManager): UniqueBuffer<E> =
    if (isReadableBy(manager.device)) move() else closing(toDevice(manager))

/** [moveToDevice] to [device], with the process's own manager of its memory. */
public fun <E> UniqueBuffer<E>.moveToDevice(device: Device): UniqueBuffer<E> = moveToDevice(device.memory)

/** [copy], in the place of this buffer, which is closed; when that cannot be, there is no copy. */
private fun <E> UniqueBuffer<E>.closing(copy: UniqueBuffer<E>): UniqueBuffer<E> {
    try {
        close()
        return copy
    } catch (failure: Throwable) {
        copy.close()
        throw failure
    }
}

private fun UniqueBuffer<*>.isReadableBy(device: Device): Boolean {
    val held = hold()
    try {
        return held.location.isDeviceReadable && held.device == device.index
    } finally {
        held.leave()
    }
}
