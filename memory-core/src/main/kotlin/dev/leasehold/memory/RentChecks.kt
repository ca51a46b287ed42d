package dev.leasehold.memory

import dev.leasehold.memory.internal.engine.Requests
import dev.leasehold.memory.internal.platform.Platform

/** Stands for "no alignment was asked for". */
internal const val NATURAL: Long = Requests.NATURAL

/** Answers [alignment] when a rent may ask for it. */
internal fun checkAlignment(alignment: Long): Long {
    if (alignment < 1 || alignment and (alignment - 1) != 0L || alignment > Platform.current.pageSize) {
        throw InvalidAlignmentException(
            "an alignment must be a power of two between 1 and the page size of ${Platform.current.pageSize} bytes, " +
                "and was $alignment",
            alignment,
        )
    }
    return alignment
}

/** Answers [nanos] when a rent may wait that long. */
internal fun checkTimeout(nanos: Long): Long {
    require(nanos > 0) { "a timeout must be positive, and was $nanos ns; tryRent does not wait" }
    return nanos
}
