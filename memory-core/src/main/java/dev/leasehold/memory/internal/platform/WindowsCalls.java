package dev.leasehold.memory.internal.platform;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/** The memory calls of Windows. Each throws {@link UnsupportedOperationException} on a system that lacks it. */
final class WindowsCalls {
    private static final SymbolLookup KERNEL = kernel();
    private static final MethodHandle VIRTUAL_ALLOC = SystemFunctions.find(
            KERNEL,
            "VirtualAlloc",
            "map memory",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT));
    private static final MethodHandle VIRTUAL_FREE = SystemFunctions.find(
            KERNEL, "VirtualFree", "unmap memory", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
    private static final MethodHandle DISCARD_VIRTUAL_MEMORY = SystemFunctions.find(
            KERNEL, "DiscardVirtualMemory", "discard pages", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));

    private WindowsCalls() {}

    /** Without the library no function is found, and each call says so. */
    private static SymbolLookup kernel() {
        try {
            return SymbolLookup.libraryLookup("kernel32", Arena.global());
        } catch (IllegalArgumentException absent) {
            return symbol -> Optional.empty();
        }
    }

    /** Returns the address of {@code bytes} anywhere, or 0 when the system refuses. */
    static long virtualAlloc(long bytes, int type, int protection) {
        try {
            return (long) VIRTUAL_ALLOC.invokeExact(0L, bytes, type, protection);
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    /** Returns 0 when the system refuses. */
    static int virtualFree(long address, long bytes, int type) {
        try {
            return (int) VIRTUAL_FREE.invokeExact(address, bytes, type);
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    /** Returns 0, or the error when the system refuses. */
    static int discardVirtualMemory(long address, long bytes) {
        try {
            return (int) DISCARD_VIRTUAL_MEMORY.invokeExact(address, bytes);
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }
}
