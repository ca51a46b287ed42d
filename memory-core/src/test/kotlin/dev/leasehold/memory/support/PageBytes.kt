package dev.leasehold.memory.support

import dev.leasehold.memory.PageRun
import java.lang.foreign.ValueLayout.JAVA_LONG

/** Fills the run with what [shouldHold] expects of the same [seed]. */
internal fun PageRun.fillWith(seed: Long) = withSegment { segment ->
    val view = segment.asMemorySegment()
    for (at in 0 until size step 8) view.set(JAVA_LONG, at, seed + at)
}

/** Checks that the first [pages] hold what [fillWith] wrote. */
internal fun PageRun.shouldHold(seed: Long, pages: Int = count) = withSegment { segment ->
    val view = segment.asMemorySegment()
    for (at in 0 until pages * manager.pageSize step 8) {
        val found = view.get(JAVA_LONG, at)
        check(found == seed + at) { "$this holds $found at $at, and ${seed + at} was written" }
    }
}
