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
 * The file calls of Linux. Each returns what the system does, or the negative {@code errno} where it refuses.
 *
 * <p>None dereferences memory that a file is mapped to: a file that someone has cut off would end the process.
 */
final class FileCalls {
    private static final MethodHandle OPEN =
            find("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE = find("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle FTRUNCATE =
            find("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle LSEEK =
            find("lseek", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));
    private static final MethodHandle FALLOCATE =
            find("fallocate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle MMAP = find(
            "mmap",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle MSYNC =
            find("msync", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
    private static final MethodHandle FCNTL =
            find("fcntl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS), Linker.Option.firstVariadicArg(2));

    private static final MethodHandle FUTEX = find(
            "syscall",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT),
            Linker.Option.firstVariadicArg(1));

    // The number of the call on the two processors that most machines have; the library has no function for it.
    private static final long FUTEX_NUMBER = System.getProperty("os.arch").equals("aarch64") ? 98 : 202;
    private static final int FUTEX_WAIT = 0;
    private static final int FUTEX_WAKE = 1;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    // struct flock: l_type, l_whence, l_start, l_len, l_pid.
    private static final long FLOCK_BYTES = 32;
    private static final long FLOCK_START = 8;
    private static final long FLOCK_LENGTH = 16;

    private FileCalls() {}

    private static MethodHandle find(String symbol, FunctionDescriptor type, Linker.Option... options) {
        return Errno.find(symbol, "map a file", type, options);
    }

    /** Returns the descriptor. */
    static int open(String path, int flags, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Errno.state(arena);
            int result = (int) OPEN.invokeExact(state, arena.allocateFrom(path), flags, mode);
            return result < 0 ? -Errno.of(state) : result;
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    static int close(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Errno.state(arena);
            int result = (int) CLOSE.invokeExact(state, descriptor);
            return result < 0 ? -Errno.of(state) : result;
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    static int ftruncate(int descriptor, long length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Errno.state(arena);
            int result = (int) FTRUNCATE.invokeExact(state, descriptor, length);
            return result < 0 ? -Errno.of(state) : result;
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    static long lseek(int descriptor, long offset, int whence) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Errno.state(arena);
            long result = (long) LSEEK.invokeExact(state, descriptor, offset, whence);
            return result < 0 ? -Errno.of(state) : result;
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    static int fallocate(int descriptor, int mode, long from, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Errno.state(arena);
            int result = (int) FALLOCATE.invokeExact(state, descriptor, mode, from, bytes);
            return result < 0 ? -Errno.of(state) : result;
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    /** Returns the address. */
    static long mmap(long address, long bytes, int protection, int flags, int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Errno.state(arena);
            long result = (long) MMAP.invokeExact(state, address, bytes, protection, flags, descriptor, 0L);
            return result == -1 ? -Errno.of(state) : result;
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    static int msync(long address, long bytes, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Errno.state(arena);
            int result = (int) MSYNC.invokeExact(state, address, bytes, flags);
            return result < 0 ? -Errno.of(state) : result;
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    /** A lock of one byte, {@code command} F_OFD_SETLK or F_OFD_GETLK. Returns the type that the system leaves there. */
    static int lock(int descriptor, int command, short type, long at) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Errno.state(arena);
            MemorySegment lock = arena.allocate(FLOCK_BYTES, Long.BYTES);
            lock.set(JAVA_SHORT, 0, type);
            lock.set(JAVA_LONG, FLOCK_START, at);
            lock.set(JAVA_LONG, FLOCK_LENGTH, 1);
            int result = (int) FCNTL.invokeExact(state, descriptor, command, lock);
            return result < 0 ? -Errno.of(state) : lock.get(JAVA_SHORT, 0);
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    /**
     * Waits at the word of 32 bits at {@code address} while it is {@code seen}, for threads of all processes that have
     * it mapped. The system reads the word, and says so where it cannot.
     */
    static int futexWait(long address, int seen, long nanos) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Errno.state(arena);
            MemorySegment time = arena.allocate(2 * Long.BYTES, Long.BYTES);
            time.set(JAVA_LONG, 0, nanos / NANOS_PER_SECOND);
            time.set(JAVA_LONG, Long.BYTES, nanos % NANOS_PER_SECOND);
            long result = (long) FUTEX.invokeExact(state, FUTEX_NUMBER, address, FUTEX_WAIT, seen, time, 0L, 0);
            return result < 0 ? -Errno.of(state) : 0;
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }

    /** Wakes up to {@code most} threads that wait at the word at {@code address}; returns how many. */
    static int futexWake(long address, int most) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Errno.state(arena);
            long result =
                    (long) FUTEX.invokeExact(state, FUTEX_NUMBER, address, FUTEX_WAKE, most, MemorySegment.NULL, 0L, 0);
            return result < 0 ? -Errno.of(state) : (int) result;
        } catch (Throwable failure) {
            throw SystemFunctions.unchecked(failure);
        }
    }
}
