package dev.leasehold.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Collections;

/**
 * What the C library does to whole blocks. These take long, so unlike {@link CHeap}'s calls they leave the JVM's hands while they
 * run. In Java because a call of a handle must state its exact types.
 */
public final class CLibrary {
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG;
    private static final MethodHandle REALLOC = downcall("realloc", FunctionDescriptor.of(WORD, WORD, WORD));
    private static final MethodHandle MEMCPY = downcall("memcpy", FunctionDescriptor.of(WORD, WORD, WORD, WORD));

    private CLibrary() {}

    private static MethodHandle downcall(String name, FunctionDescriptor type) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
    }

    /**
     * Makes memory from {@code malloc} larger or smaller, in place or somewhere else; the old segment is dead after it.
     *
     * @throws OutOfMemoryError when there is no room; the old segment is alive then
     */
    public static MemorySegment realloc(MemorySegment memory, long size) {
        long address;
        try {
            address = (long) REALLOC.invokeExact(memory.address(), size);
        } catch (Throwable impossible) {
            throw new AssertionError("realloc to " + size + " bytes threw", impossible);
        }
        if (address == 0) {
            throw new OutOfMemoryError("realloc refused " + size + " bytes");
        }
        return MemorySegment.ofAddress(address).reinterpret(size);
    }

    /** Copies {@code source}, all of it, to the start of {@code target}. */
    public static void memcpy(MemorySegment target, MemorySegment source) {
        try {
            long copied = (long) MEMCPY.invokeExact(target.address(), source.address(), source.byteSize());
            assert copied == target.address();
        } catch (Throwable impossible) {
            throw new AssertionError("memcpy of " + source.byteSize() + " bytes threw", impossible);
        }
    }

    /** Whether {@link #mallocReserved} has a figure: it takes glibc 2.33 or newer. */
    public static boolean hasMallinfo() {
        return Linker.nativeLinker().defaultLookup().find("mallinfo2").isPresent();
    }

    /** What {@code malloc} holds from the system in all of its arenas, in bytes: its heaps, and blocks mapped on their own. */
    public static long mallocReserved() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = (MemorySegment) Mallinfo.CALL.invokeExact((SegmentAllocator) arena);
            return info.getAtIndex(WORD, Mallinfo.ARENA) + info.getAtIndex(WORD, Mallinfo.MAPPED);
        } catch (Throwable impossible) {
            throw new AssertionError("mallinfo2 threw", impossible);
        }
    }

    /** On its own, for not every C library has it. */
    private static final class Mallinfo {
        static final StructLayout TYPE =
                MemoryLayout.structLayout(Collections.nCopies(10, WORD).toArray(MemoryLayout[]::new));
        static final MethodHandle CALL = downcall("mallinfo2", FunctionDescriptor.of(TYPE));
        static final long ARENA = 0;
        static final long MAPPED = 4;
    }
}
