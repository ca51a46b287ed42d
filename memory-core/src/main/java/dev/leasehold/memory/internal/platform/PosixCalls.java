package dev.leasehold.memory.internal.platform;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;

/**
 * The memory calls of Linux and macOS. Each throws {@link UnsupportedOperationException} on a system that lacks it.
 *
 * <p>None is linked as {@code critical}: the system may take long to free pages, and a garbage collection must not wait
 * for it.
 */
final class PosixCalls {
    private static final FunctionDescriptor MUNMAP_TYPE = FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final FunctionDescriptor MADVISE_TYPE = MUNMAP_TYPE.appendArgumentLayouts(JAVA_INT);

    private static final MethodHandle GETPAGESIZE = find("getpagesize", "map memory", FunctionDescriptor.of(JAVA_INT));
    private static final FunctionDescriptor MMAP_TYPE =
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle MMAP = find("mmap", "map memory", MMAP_TYPE);
    private static final MethodHandle MUNMAP = find("munmap", "unmap memory", MUNMAP_TYPE);
    private static final MethodHandle MADVISE = find("madvise", "discard pages", MADVISE_TYPE);

    private PosixCalls() {}

    private static MethodHandle find(String symbol, String purpose, FunctionDescriptor type, Linker.Option... options) {
        return SystemFunctions.find(Linker.nativeLinker().defaultLookup(), symbol, purpose, type, options);
    }

    /** Returns the bytes of a page. */
    static int getpagesize() {
        try {
            return (int) GETPAGESIZE.invokeExact();
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    /** Maps {@code bytes} that belong to no file. Returns their address, or -1 when the system refuses. */
    static long mmap(long bytes, int protection, int flags) {
        return mmap(0, bytes, protection, flags, -1, 0);
    }

    /** Maps {@code bytes} of a file, or of none. Returns their address, or -1 when the system refuses. */
    static long mmap(long address, long bytes, int protection, int flags, int descriptor, long offset) {
        try {
            return (long) MMAP.invokeExact(address, bytes, protection, flags, descriptor, offset);
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    /** Returns 0, or -1 when the system refuses. */
    static int munmap(long address, long bytes) {
        try {
            return (int) MUNMAP.invokeExact(address, bytes);
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    /** Returns 0, or -1 when the system refuses. */
    static int madvise(long address, long bytes, int advice) {
        try {
            return (int) MADVISE.invokeExact(address, bytes, advice);
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    /** Resizes a mapping. Returns its address, or -1 when the system refuses. */
    static long mremap(long address, long oldBytes, long newBytes, int flags) {
        try {
            return (long) Mremap.CALL.invokeExact(address, oldBytes, newBytes, flags);
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    /**
     * Repeats a {@link #mmap} of no file that was refused, and gives back what it gets. Returns 0, or the {@code errno}
     * when the system refuses again.
     */
    static int mmapError(long bytes, int protection, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Errno.state(arena);
            long address = (long) Reasons.MMAP.invokeExact(state, 0L, bytes, protection, flags, -1, 0L);
            if (address == -1) {
                return Errno.of(state);
            }
            munmap(address, bytes);
            return 0;
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    /** The function madvise with {@code advice}, of the JDK's classes alone: it takes an address and a length. */
    static MethodHandle discarding(int advice) {
        return MethodHandles.insertArguments(MADVISE, 2, advice);
    }

    /** Repeats a {@link #munmap} that was refused. Returns 0, or the {@code errno} when the system refuses again. */
    static int munmapError(long address, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Errno.state(arena);
            int result = (int) Reasons.MUNMAP.invokeExact(state, address, bytes);
            return result == 0 ? 0 : Errno.of(state);
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    /** Repeats a {@link #madvise} that was refused. Returns 0, or the {@code errno} when the system refuses again. */
    static int madviseError(long address, long bytes, int advice) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Errno.state(arena);
            int result = (int) Reasons.MADVISE.invokeExact(state, address, bytes, advice);
            return result == 0 ? 0 : Errno.of(state);
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    /** Apart from the others, because only Linux has it. */
    private static final class Mremap {
        private static final FunctionDescriptor TYPE =
                FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT);

        /** The fifth argument, an address, is read only with a flag that is not used here. */
        static final MethodHandle CALL =
                find("mremap", "resize a mapping", TYPE, Linker.Option.firstVariadicArg(TYPE.argumentLayouts().size()));
    }

    /**
     * The same calls, which also keep {@code errno}. A call is repeated with these only when the system has refused it.
     */
    private static final class Reasons {
        static final MethodHandle MMAP = Errno.find("mmap", "map memory", MMAP_TYPE);
        static final MethodHandle MUNMAP = Errno.find("munmap", "unmap memory", MUNMAP_TYPE);
        static final MethodHandle MADVISE = Errno.find("madvise", "discard pages", MADVISE_TYPE);
    }
}
