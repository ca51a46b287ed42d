package dev.leasehold.memory.internal.platform;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A number in native memory, which all copies of this library in a process count with. In Java, because Kotlin boxes
 * what it gives to such a handle, and a count must not need the heap.
 */
final class ProcessWord {
    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle().withInvokeExactBehavior();

    private final MemorySegment memory;

    ProcessWord(MemorySegment memory) {
        this.memory = memory;
    }

    long get() {
        return (long) LONG.getVolatile(memory, 0L);
    }

    /** Adds {@code more} if the sum is no more than {@code most}; whether it is. */
    boolean add(long more, long most) {
        while (true) {
            long seen = get();
            if (more > most - seen) {
                return false;
            }
            if (LONG.compareAndSet(memory, 0L, seen, seen + more)) {
                return true;
            }
        }
    }

    void subtract(long fewer) {
        long before = (long) LONG.getAndAdd(memory, 0L, -fewer);
        assert before >= fewer;
    }

    /** Adds a number; made of the JDK's classes alone. */
    MethodHandle adder() {
        VarHandle any = ValueLayout.JAVA_LONG.varHandle();
        return MethodHandles.insertArguments(any.toMethodHandle(VarHandle.AccessMode.GET_AND_ADD), 0, memory, 0L);
    }
}
