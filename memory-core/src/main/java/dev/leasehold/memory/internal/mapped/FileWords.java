package dev.leasehold.memory.internal.mapped;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The words of 64 bits of a mapped file, by their offset, a multiple of eight. They are little-endian.
 *
 * <p>When a process dies, each of its threads stops between two stores: what it stored before is in the file, and
 * nothing that it would have stored later. So the order of stores is all that consistency needs, and each store here
 * keeps its place: it is a release.
 *
 * <p>A compare-and-set that faults in the interpreter ends the process, and a read that faults throws. So each reads
 * its word first.
 *
 * <p>Open for tests, which stop the world before a store, or note it. In Java, because Kotlin gives every read through
 * a handle the return type {@code Object}.
 */
public class FileWords {
    private static final VarHandle LONG = ValueLayout.JAVA_LONG
            .withOrder(ByteOrder.LITTLE_ENDIAN)
            .varHandle()
            .withInvokeExactBehavior();

    private static final VarHandle UNALIGNED = ValueLayout.JAVA_LONG_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN)
            .varHandle()
            .withInvokeExactBehavior();
    private static final VarHandle IN_ARRAY =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment file;

    public FileWords(MemorySegment file) {
        this.file = file;
    }

    /** The word at {@code offset}; what was stored before it was set is seen afterwards. */
    public final long get(long offset) {
        return (long) LONG.getAcquire(file, offset);
    }

    /** The word at {@code offset}, with all words that this thread stored seen by others before it is read. */
    public final long getVolatile(long offset) {
        return (long) LONG.getVolatile(file, offset);
    }

    /** Sets the word at {@code offset}, after all that was stored before. */
    public void set(long offset, long value) {
        LONG.setRelease(file, offset, value);
    }

    /** Sets the word at {@code offset} of a block that nobody else sees yet. */
    public void setQuietly(long offset, long value) {
        LONG.set(file, offset, value);
    }

    /** Sets the word at {@code offset} before anything else is read or stored. */
    public void setVolatile(long offset, long value) {
        LONG.setVolatile(file, offset, value);
    }

    /** Puts {@code next} in the place of {@code seen}, if that is at {@code offset}. */
    public boolean compareAndSet(long offset, long seen, long next) {
        return (long) LONG.getVolatile(file, offset) == seen && LONG.compareAndSet(file, offset, seen, next);
    }

    /** Adds {@code more} to the word at {@code offset}. */
    public void add(long offset, long more) {
        long unused = (long) LONG.getAndAdd(file, offset, more);
    }

    /** Adds {@code more} to the word at {@code offset}, and returns what it was. */
    public long getAndAdd(long offset, long more) {
        return (long) LONG.getAndAdd(file, offset, more);
    }

    /** Whether the bytes at {@code offset} are those of {@code bytes}. */
    public final boolean matches(long offset, byte[] bytes) {
        int whole = bytes.length & -Long.BYTES;
        int at = 0;
        for (; at < whole; at += Long.BYTES) {
            if ((long) UNALIGNED.get(file, offset + at) != (long) IN_ARRAY.get(bytes, at)) {
                return false;
            }
        }
        for (; at < bytes.length; at++) {
            if (file.get(ValueLayout.JAVA_BYTE, offset + at) != bytes[at]) {
                return false;
            }
        }
        return true;
    }

    /** Copies the bytes at {@code offset} to {@code bytes}. */
    public final void read(long offset, byte[] bytes) {
        MemorySegment.copy(file, ValueLayout.JAVA_BYTE, offset, bytes, 0, bytes.length);
    }

    /** Copies {@code bytes} to {@code offset}, where nothing is that has to last. */
    public void write(long offset, byte[] bytes) {
        MemorySegment.copy(bytes, 0, file, ValueLayout.JAVA_BYTE, offset, bytes.length);
    }

    /** Makes the {@code bytes} bytes at {@code offset} zero, where nobody looks. */
    public void clear(long offset, long bytes) {
        file.asSlice(offset, bytes).fill((byte) 0);
    }

    /** The bytes of the file. */
    public final MemorySegment bytes() {
        return file;
    }
}
