package dev.leasehold.benchmarks;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Ints and longs in a byte array, as fast as the JVM can. In Java because a call of a handle must state its exact types to be
 * one instruction, and Kotlin always asks such a call for an object.
 */
public final class ByteArrays {
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private ByteArrays() {}

    /** Reads the int at {@code offset} in native byte order. */
    public static int getInt(byte[] array, int offset) {
        return (int) INTS.get(array, offset);
    }

    /** Writes the int at {@code offset} in native byte order. */
    public static void setInt(byte[] array, int offset, int value) {
        INTS.set(array, offset, value);
    }

    /** Reads the long at {@code offset} in native byte order. */
    public static long getLong(byte[] array, int offset) {
        return (long) LONGS.get(array, offset);
    }
}
