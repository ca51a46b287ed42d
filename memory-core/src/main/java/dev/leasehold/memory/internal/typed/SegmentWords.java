package dev.leasehold.memory.internal.typed;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The words of 64 bits in a native segment, by index; its address is a multiple of eight.
 *
 * <p>In Java, because Kotlin gives every read through a handle the return type {@code Object}.
 */
final class SegmentWords {
    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle().withInvokeExactBehavior();

    private SegmentWords() {}

    /** The word at {@code index}; what was written before it was set is seen afterwards. */
    static long get(MemorySegment segment, long index) {
        return (long) LONG.getAcquire(segment, index << 3);
    }

    /** Sets the word at {@code index}, after all that was written before. */
    static void set(MemorySegment segment, long index, long value) {
        LONG.setRelease(segment, index << 3, value);
    }

    /** Puts {@code next} in the place of {@code seen}, if that is at {@code index}. */
    static boolean compareAndSet(MemorySegment segment, long index, long seen, long next) {
        return LONG.compareAndSet(segment, index << 3, seen, next);
    }
}
