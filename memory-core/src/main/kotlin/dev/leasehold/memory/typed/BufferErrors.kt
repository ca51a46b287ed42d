@file:JvmSynthetic

package dev.leasehold.memory.typed

import dev.leasehold.memory.internal.platform.PageHome
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.counted
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.internal.platform.hex
import dev.leasehold.memory.internal.typed.Tenure
import java.lang.foreign.MemorySegment

// What the buffers say, and what they refuse to adopt.

/** Throws that [buffer] was [verb] without its memory. */
internal fun refuse(buffer: UniqueBuffer<*>, verb: String): Nothing =
    refuse(buffer.tenure, "UniqueBuffer", buffer.byteSize, verb)

/** Throws that [buffer] was [verb] without its memory. */
internal fun refuse(buffer: SharedBuffer<*>, verb: String): Nothing =
    refuse(buffer.tenure, "SharedBuffer", buffer.byteSize, verb)

/** Throws that [buffer] was [verb] without its memory. */
internal fun refuse(buffer: ReleasedBuffer<*>, verb: String): Nothing =
    refuse(buffer.tenure, "ReleasedBuffer", buffer.byteSize, verb)

private fun refuse(tenure: Tenure<*>, kind: String, byteSize: Long, verb: String): Nothing {
    val ended = tenure.ended
    throw TypedMemoryClosedException(
        "${tenure.describe(kind, byteSize)} was $verb after ${ended.event}: ${ended.remedy}",
    )
}

/** What `toString` of a buffer says; [more] only while it has its memory. */
internal fun describe(
    kind: String,
    tenure: Tenure<*>,
    byteSize: Long,
    location: MemoryLocation,
    more: String = "",
): String {
    val ended = tenure.ended
    val end = if (ended.isOver) ", over: ${ended.event}" else more
    return "$kind(${counted(tenure.count, "element")}, ${bytes(byteSize)}, $location$end)"
}

/** Where memory lies whose pages are in [home]. */
internal fun locationOf(home: PageHome): MemoryLocation = when (home.kind) {
    PageHome.Kind.PROCESS -> MemoryLocation.Host
    PageHome.Kind.FILE -> MemoryLocation.Mapped
    PageHome.Kind.PINNED -> MemoryLocation.HostPinned
    PageHome.Kind.UNIFIED -> MemoryLocation.Unified
    PageHome.Kind.DEVICE -> MemoryLocation.Device(home.device)
}

/** The exception for a [kind] of memory, [what], that is over and was to be adopted. */
internal fun endedAlready(what: String, kind: String) =
    TypedMemoryClosedException("$what cannot be adopted: let a buffer adopt a $kind that is open")

/** How many elements of [type] there are in [foreign], of which all conditions are checked. */
internal fun elementsIn(type: ElementType<*>, foreign: MemorySegment): Long {
    val what = "memory of ${bytes(foreign.byteSize())} at ${hex(foreign.address())}"
    if (!foreign.isNative) {
        throw ElementLayoutException(
            "an array of ${bytes(foreign.byteSize())} cannot be adopted, because it is the garbage collector's: copy " +
                "it into a buffer from a manager",
        )
    }
    if (!foreign.scope().isAlive) throw endedAlready(what, "segment")
    return elementsIn(type, foreign.address(), foreign.byteSize(), what)
}

/** How many elements of [type] there are in the [size] bytes at [address]. */
internal fun elementsIn(type: ElementType<*>, address: Long, size: Long, what: String): Long {
    val element = type.byteSize
    if (element <= 0) throw ElementLayoutException("a buffer of elements without bytes cannot be made: ${type.layout}")
    if (address and (type.alignment - 1) != 0L) {
        throw ElementLayoutException(
            "$what cannot be adopted as elements of ${bytes(element)}, because it does not lie at a multiple of " +
                "${bytes(type.alignment)}: allocate it with that alignment",
        )
    }
    if (size % element == 0L) return size / element
    throw ElementLayoutException(
        "$what cannot be adopted as elements of ${bytes(element)}, because it holds no whole number of them: slice " +
            "or allocate ${bytes(size - size % element)}",
    )
}

/** How many bytes [count] elements of [type] from the owner have; -1 when they are more than a long counts. */
internal fun bytesOf(count: Long, type: ElementType<*>): Long =
    if (count < 0 || Math.multiplyHigh(count, type.byteSize) != 0L) -1 else maxOf(-1, count * type.byteSize)

/** The message for [count] elements of [type] that the owner cannot give. */
internal fun noBuffer(owner: Any, count: Long, type: ElementType<*>): String =
    "$owner: a buffer of ${grouped(count)} elements of ${bytes(type.byteSize)} each cannot be made: their number " +
        "must not be negative, and their bytes must not be more than a long counts"
