package dev.leasehold.memory.internal.platform;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The calls of Linux that look at a process: at the memory of another, and at the regions of this one. Each returns what
 * the system does, or the negative {@code errno} where it refuses.
 */
final class ProcessCalls {
    private static final MethodHandle PROCESS_VM_READV = find(
            "process_vm_readv",
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle SYSCALL = find(
            "syscall",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(1));
    private static final MethodHandle POLL =
            find("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle IOCTL = find(
            "ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), Linker.Option.firstVariadicArg(2));

    // The same on all processors.
    private static final long PIDFD_OPEN = 434;

    // struct pollfd: fd, events, revents.
    private static final long POLLFD_BYTES = 8;
    private static final long POLLFD_EVENTS = 4;
    private static final short POLLIN = 1;

    // struct iovec: iov_base, iov_len.
    private static final long IOVEC_BYTES = 16;

    private ProcessCalls() {}

    private static MethodHandle find(String symbol, FunctionDescriptor type, Linker.Option... options) {
        return Errno.find(symbol, "look at the memory of a process", type, options);
    }

    /** Returns a descriptor of the process, which stays that of this one when its number is given to another. */
    static long openProcess(long process) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Errno.state(arena);
            long result = (long) SYSCALL.invokeExact(state, PIDFD_OPEN, process, 0L);
            return result < 0 ? -Errno.of(state) : result;
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    /** Returns 1 when there is something to read from {@code descriptor}, and 0 when not. */
    static long isReadable(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Errno.state(arena);
            MemorySegment asked = arena.allocate(POLLFD_BYTES, Integer.BYTES);
            asked.set(JAVA_INT, 0, descriptor);
            asked.set(JAVA_SHORT, POLLFD_EVENTS, POLLIN);
            int result = (int) POLL.invokeExact(state, asked, 1L, 0);
            return result < 0 ? -Errno.of(state) : result;
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    /** Reads the bytes at {@code address} of the process {@code process}. Returns how many. */
    static long read(int process, long address, MemorySegment into) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Errno.state(arena);
            MemorySegment here = arena.allocate(IOVEC_BYTES, Long.BYTES);
            here.set(JAVA_LONG, 0, into.address());
            here.set(JAVA_LONG, Long.BYTES, into.byteSize());
            MemorySegment there = arena.allocate(IOVEC_BYTES, Long.BYTES);
            there.set(JAVA_LONG, 0, address);
            there.set(JAVA_LONG, Long.BYTES, into.byteSize());
            long result = (long) PROCESS_VM_READV.invokeExact(state, process, here, 1L, there, 1L, 0L);
            return result < 0 ? -Errno.of(state) : result;
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    /** Asks the file of {@code descriptor} for what is described in {@code argument}. */
    static int ioctl(int descriptor, long request, MemorySegment argument) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Errno.state(arena);
            int result = (int) IOCTL.invokeExact(state, descriptor, request, argument);
            return result < 0 ? -Errno.of(state) : result;
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }
}
