package dev.leasehold.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * {@code malloc} and {@code free} of one C library, called the cheapest way there is: no transition of the thread's state, no
 * zeroing, no owner. In Java because a call of a handle must state its exact types.
 *
 * <p>A record in a static final field, because the JVM takes a record's fields for constants and so compiles the call into the
 * caller; through an ordinary object each call costs several times as much.
 *
 * @param malloc takes a size, returns an address or 0
 * @param free takes an address from {@code malloc}
 */
public record CHeap(MethodHandle malloc, MethodHandle free) {
    private static final FunctionDescriptor MALLOC =
            FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);
    private static final FunctionDescriptor FREE = FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG);

    /** The C library that the JVM itself runs on. */
    public static final CHeap SYSTEM = of(Linker.nativeLinker().defaultLookup(), "malloc", "free");

    private static CHeap of(SymbolLookup library, String malloc, String free) {
        Linker linker = Linker.nativeLinker();
        Linker.Option critical = Linker.Option.critical(false);
        return new CHeap(
                linker.downcallHandle(library.findOrThrow(malloc), MALLOC, critical),
                linker.downcallHandle(library.findOrThrow(free), FREE, critical));
    }

    /** The functions named {@code malloc} and {@code free} of the library, or nothing when the machine has no such library. */
    public static Optional<CHeap> find(String library, String malloc, String free) {
        SymbolLookup symbols;
        try {
            symbols = SymbolLookup.libraryLookup(library, Arena.global());
        } catch (IllegalArgumentException absent) {
            return Optional.empty();
        }
        return Optional.of(of(symbols, malloc, free));
    }

    /**
     * Asks for {@code size} bytes.
     *
     * @throws OutOfMemoryError when there are none
     */
    public MemorySegment allocate(long size) {
        long address;
        try {
            address = (long) malloc.invokeExact(size);
        } catch (Throwable impossible) {
            throw new AssertionError("malloc of " + size + " bytes threw", impossible);
        }
        if (address == 0) {
            throw new OutOfMemoryError("malloc refused " + size + " bytes");
        }
        return MemorySegment.ofAddress(address).reinterpret(size);
    }

    /** Gives memory from {@link #allocate} back; only its address counts. */
    public void release(MemorySegment memory) {
        try {
            free.invokeExact(memory.address());
        } catch (Throwable impossible) {
            throw new AssertionError("free threw", impossible);
        }
    }
}
