package dev.leasehold.memory.internal.platform;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * Why the system has refused a call: functions that also keep {@code errno}, for a first argument that has room for it.
 *
 * <p>To keep it costs 25 ns a call, and milliseconds to link one.
 */
final class Errno {
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(PathElement.groupElement("errno"));
    private static final Linker.Option KEPT = Linker.Option.captureCallState("errno");

    private Errno() {}

    /** Finds a function of the system's library as {@link SystemFunctions#find} does, one that keeps it. */
    static MethodHandle find(String symbol, String purpose, FunctionDescriptor type, Linker.Option... options) {
        Linker.Option[] all = new Linker.Option[options.length + 1];
        System.arraycopy(options, 0, all, 0, options.length);
        all[options.length] = KEPT;
        return SystemFunctions.find(Linker.nativeLinker().defaultLookup(), symbol, purpose, type, all);
    }

    /** Room for it, the first argument of such a call. */
    static MemorySegment state(Arena arena) {
        return arena.allocate(STATE);
    }

    /** What a call has left in {@code state} that was refused. */
    static int of(MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }
}
