package dev.leasehold.stress;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** Off-heap blocks for states, of which millions are made: many more than are in use at any time, handed out in turn. */
final class Blocks {
    private static final int COUNT = 1 << 16;
    private static final long STRIDE = 64;
    private static final MemorySegment REGION = Arena.global().allocate(COUNT * STRIDE, STRIDE);
    private static final AtomicInteger turn = new AtomicInteger();
    private static final AtomicIntegerArray returns = new AtomicIntegerArray(COUNT);

    private Blocks() {
    }

    /** A block whose first bytes are zero and that never came back. */
    static MemorySegment next() {
        long index = turn.getAndIncrement() & COUNT - 1;
        MemorySegment block = REGION.asSlice(index * STRIDE, STRIDE);
        block.set(ValueLayout.JAVA_INT, 0, 0);
        returns.set((int) index, 0);
        return block;
    }

    /** Notes that the block at {@code address} came back. */
    static void returned(long address) {
        returns.incrementAndGet(indexOf(address));
    }

    /** How often the block at {@code address} came back. */
    static int returnsOf(long address) {
        return returns.get(indexOf(address));
    }

    private static int indexOf(long address) {
        return (int) ((address - REGION.address()) / STRIDE);
    }
}
