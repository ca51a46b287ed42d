package dev.leasehold.benchmarks;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The C library's {@code malloc} and {@code free}, called the cheapest way there is: no transition of the thread's state, no
 * zeroing, no owner. In Java because a call of a handle must state its exact types.
 */
public final class SystemHeap {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle MALLOC =
            downcall("malloc", FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
    private static final MethodHandle FREE = downcall("free", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));

    private SystemHeap() {}

    private static MethodHandle downcall(String name, FunctionDescriptor type) {
        MemorySegment symbol = LINKER.defaultLookup().findOrThrow(name);
        return LINKER.downcallHandle(symbol, type, Linker.Option.critical(false));
    }

    /**
     * Asks the C library for {@code size} bytes.
     *
     * @throws OutOfMemoryError when it has none
     */
    public static MemorySegment malloc(long size) {
        MemorySegment address;
        try {
            address = (MemorySegment) MALLOC.invokeExact(size);
        } catch (Throwable impossible) {
            throw new AssertionError("malloc of " + size + " bytes threw", impossible);
        }
        if (address.address() == 0) {
            throw new OutOfMemoryError("malloc refused " + size + " bytes");
        }
        return address.reinterpret(size);
    }

    /** Gives memory from {@link #malloc} back. */
    public static void free(MemorySegment memory) {
        try {
            FREE.invokeExact(memory);
        } catch (Throwable impossible) {
            throw new AssertionError("free threw", impossible);
        }
    }
}
