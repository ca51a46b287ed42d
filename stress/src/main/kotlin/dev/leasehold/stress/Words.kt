package dev.leasehold.stress

import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout

/** The word at [index], read plainly. */
internal fun MemorySegment.word(index: Long): Long = get(ValueLayout.JAVA_LONG, index * Long.SIZE_BYTES)

/** Sets the word at [index], plainly. */
internal fun MemorySegment.setWord(index: Long, value: Long): Unit =
    set(ValueLayout.JAVA_LONG, index * Long.SIZE_BYTES, value)
