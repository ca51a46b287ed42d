package dev.leasehold.memory.internal.platform;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Optional;

/**
 * Finds functions of the operating system for the {@code static final} fields of the classes that call them.
 *
 * <p>Those classes are written in Java because only {@code invokeExact} on a constant handle compiles to a plain call,
 * and Kotlin gives every such call the return type {@code Object}. A function that the system lacks becomes a handle
 * that throws, so only the capability that needs it is missing, and the class can still be initialised.
 */
final class SystemFunctions {
    private static final Linker LINKER = Linker.nativeLinker();

    private SystemFunctions() {}

    /**
     * Finds the function {@code symbol} of {@code library}.
     *
     * @param purpose completes "which is needed to" in the message for a system that lacks the function
     * @return the function, or a handle of the same type that throws {@link UnsupportedOperationException}
     */
    static MethodHandle find(
            SymbolLookup library, String symbol, String purpose, FunctionDescriptor type, Linker.Option... options) {
        Optional<MemorySegment> address = library.find(symbol);
        return address.isPresent()
                ? LINKER.downcallHandle(address.get(), type, options)
                : missing(symbol, purpose, handleType(type, options));
    }

    /** The type of a handle once its address is bound. */
    private static MethodType handleType(FunctionDescriptor type, Linker.Option... options) {
        return LINKER.downcallHandle(type, options).type().dropParameterTypes(0, 1);
    }

    private static MethodHandle missing(String symbol, String purpose, MethodType type) {
        String system = System.getProperty("os.name");
        String message = system + " has no function " + symbol + ", which is needed to " + purpose;
        MethodHandle thrower = MethodHandles.throwException(type.returnType(), UnsupportedOperationException.class);
        MethodHandle throwing = MethodHandles.foldArguments(thrower, newException().bindTo(message));
        return MethodHandles.dropArguments(throwing, 0, type.parameterList());
    }

    /** The constructor and not one exception for all calls: each call has a stack trace of its own. */
    private static MethodHandle newException() {
        MethodType ofMessage = MethodType.methodType(void.class, String.class);
        try {
            return MethodHandles.publicLookup().findConstructor(UnsupportedOperationException.class, ofMessage);
        } catch (ReflectiveOperationException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** Returns or throws what a call threw, which {@code invokeExact} declares as any {@link Throwable}. */
    static RuntimeException unchecked(Throwable failure) {
        if (failure instanceof RuntimeException exception) {
            return exception;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        throw new AssertionError(failure);
    }
}
