package dev.leasehold.stress;

import dev.leasehold.memory.SharedLease;
import dev.leasehold.memory.coroutines.internal.line.ByteLine;
import dev.leasehold.memory.coroutines.SuspendingPool;
import dev.leasehold.memory.internal.block.Tenure;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * The members that these tests need and the Java compiler does not see, because Kotlin calls them internal. As constants, these handles
 * cost what a call costs.
 */
final class Internals {
    private static final MethodHandle LEASE;
    private static final MethodHandle LINE;

    static {
        MethodHandles.Lookup lookup = MethodHandles.publicLookup();
        try {
            LEASE = lookup.findConstructor(
                SharedLease.class, MethodType.methodType(void.class, Tenure.class, MemorySegment.class, int.class));
            LINE = lookup.findVirtual(
                SuspendingPool.class, "getLine$memory_coroutines", MethodType.methodType(ByteLine.class));
        } catch (ReflectiveOperationException missing) {
            throw new ExceptionInInitializerError(missing);
        }
    }

    private Internals() {
    }

    static SharedLease leaseOf(Tenure tenure, MemorySegment memory, int word) {
        try {
            return (SharedLease) LEASE.invokeExact(tenure, memory, word);
        } catch (Throwable failure) {
            throw new IllegalStateException("a lease could not be made", failure);
        }
    }

    static ByteLine lineOf(SuspendingPool pool) {
        try {
            return (ByteLine) LINE.invokeExact(pool);
        } catch (Throwable failure) {
            throw new IllegalStateException("the pool has no line", failure);
        }
    }
}
