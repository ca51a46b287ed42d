package dev.leasehold.memory.internal.platform;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * The calls of Linux by which memory without a file is shared. Each returns -1 when the system refuses.
 *
 * <p>They stand in the way of the first memory of a process, and the linker takes some ten milliseconds for each new
 * combination of parameter types. So these have those of {@link PosixCalls}: a parameter that the header declares as 32
 * bits is passed as 64, of which the function reads the lower half, as both common calling conventions say.
 */
final class SharedMemoryCalls {
    private static final FunctionDescriptor OF_TWO = FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG);

    private static final MethodHandle MEMFD_CREATE = find("memfd_create", OF_TWO);
    private static final MethodHandle FTRUNCATE = find("ftruncate", OF_TWO);
    private static final MethodHandle FCNTL = find("fcntl", OF_TWO.appendArgumentLayouts(JAVA_INT));

    private SharedMemoryCalls() {}

    private static MethodHandle find(String symbol, FunctionDescriptor type) {
        return SystemFunctions.find(Linker.nativeLinker().defaultLookup(), symbol, "share permanent memory", type);
    }

    /** Returns the descriptor of new memory that all see under {@code name}. */
    static int memfdCreate(String name, long flags) {
        try (Arena arena = Arena.ofConfined()) {
            // To allocate from a text would load what knows all character sets.
            byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
            MemorySegment text = arena.allocate(bytes.length + 1);
            MemorySegment.copy(bytes, 0, text, JAVA_BYTE, 0, bytes.length);
            return (int) MEMFD_CREATE.invokeExact(text.address(), flags);
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    static int ftruncate(int descriptor, long length) {
        try {
            return (int) FTRUNCATE.invokeExact((long) descriptor, length);
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    static int fcntl(int descriptor, long command, int argument) {
        try {
            return (int) FCNTL.invokeExact((long) descriptor, command, argument);
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }
}
