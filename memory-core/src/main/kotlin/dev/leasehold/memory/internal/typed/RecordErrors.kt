package dev.leasehold.memory.internal.typed

import dev.leasehold.memory.explain
import dev.leasehold.memory.internal.platform.grouped
import dev.leasehold.memory.outOfBounds
import java.lang.foreign.MemorySegment

/** What records that cannot be read or written say; for Java, which sees no top-level functions of this module. */
internal object RecordErrors {
    /**
     * The exception to throw for [failure], which an access of the record at [index] of [raw] met, of [stride] bytes
     * each. A record's own constructor may fail as the JVM's check of bounds does.
     */
    @JvmStatic
    fun explained(failure: RuntimeException, raw: MemorySegment, index: Long, stride: Long): RuntimeException {
        val size = raw.byteSize()
        val count = size / stride
        if (failure !is IndexOutOfBoundsException) return explain(failure, raw, offsetOf(index, stride), stride)
        if (index in 0..<count) return failure
        val what = "index ${grouped(index)} is outside of ${grouped(count)} elements: "
        return outOfBounds(offsetOf(index, stride), stride, size, what)
    }

    // The offset of an element, or the nearest that a long can hold.
    private fun offsetOf(index: Long, stride: Long): Long {
        val last = Long.MAX_VALUE / stride
        return index.coerceIn(-last, last) * stride
    }
}
