package dev.leasehold.memory.typed;

import dev.leasehold.memory.internal.typed.FieldKind;
import dev.leasehold.memory.internal.typed.FixedText;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;

/**
 * The parts of a record that are several values: an array of primitives or records, or a text.
 *
 * @param kind what each value is
 * @param count how many there are
 * @param element the type of one in an array; null for a text
 * @param unit how many bytes one has
 * @param elementReader as in {@link RecordStruct}, of the records in an array; null for others
 * @param elementWriter likewise
 * @param elementChecker likewise; null as well where every record can be written
 */
record RecordParts(
    FieldKind kind,
    int count,
    Class<?> element,
    long unit,
    MethodHandle elementReader,
    MethodHandle elementWriter,
    MethodHandle elementChecker
) {
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();
    private static final MethodHandle READ = find("read", Object.class, long.class, MemorySegment.class, long.class);
    private static final MethodHandle WRITE =
        find("write", void.class, long.class, MemorySegment.class, long.class, Object.class);
    private static final MethodHandle CHECK = find("check", void.class, String.class, Object.class);
    private static final MethodHandle NOT_NULL;

    static {
        try {
            var type = MethodType.methodType(void.class, String.class, Object.class);
            NOT_NULL = LOOKUP.findStatic(RecordParts.class, "requireNotNull", type);
        } catch (ReflectiveOperationException failure) {
            throw new ExceptionInInitializerError(failure);
        }
    }

    private static MethodHandle find(String name, Class<?> result, Class<?>... parameters) {
        try {
            return LOOKUP.findVirtual(RecordParts.class, name, MethodType.methodType(result, parameters));
        } catch (ReflectiveOperationException failure) {
            throw new ExceptionInInitializerError(failure);
        }
    }

    /** Reads the part, {@code offset} bytes from the struct's start: {@code (MemorySegment, long) Object}. */
    MethodHandle reader(long offset) {
        return MethodHandles.insertArguments(READ, 0, this, offset);
    }

    /** Writes it: {@code (MemorySegment, long, Object) void}. */
    MethodHandle writer(long offset) {
        return MethodHandles.insertArguments(WRITE, 0, this, offset);
    }

    /** Refuses what cannot be written: {@code (Object) void}. */
    MethodHandle checker(String what) {
        return MethodHandles.insertArguments(CHECK, 0, this, what);
    }

    /** Refuses null: {@code (Object) void}. */
    static MethodHandle notNull(String what) {
        return MethodHandles.insertArguments(NOT_NULL, 0, what);
    }

    /** Throws what the JVM does when {@code length} bytes at {@code offset} are not all inside. */
    static void requireRoom(MemorySegment segment, long offset, long length) {
        if (offset < 0 || offset > segment.byteSize() - length) throw new IndexOutOfBoundsException();
    }

    private Object read(long offset, MemorySegment segment, long base) throws Throwable {
        requireRoom(segment, base, 0);
        var start = base + offset;
        if (kind == FieldKind.TEXT) return FixedText.read(segment, start, count);
        var array = Array.newInstance(element, count);
        if (elementReader != null) {
            var records = (Object[]) array;
            for (var i = 0; i < count; i++) records[i] = elementReader.invokeExact(segment, start + i * unit);
        } else if (kind == FieldKind.BOOLEAN) {
            var booleans = (boolean[]) array;
            for (var i = 0; i < count; i++) booleans[i] = segment.get(ValueLayout.JAVA_BOOLEAN, start + i);
        } else {
            MemorySegment.copy(segment, unaligned(), start, array, 0, count);
        }
        return array;
    }

    private void write(long offset, MemorySegment segment, long base, Object value) throws Throwable {
        var start = base + offset;
        if (kind == FieldKind.TEXT) {
            FixedText.write(segment, start, count, (String) value);
        } else if (elementWriter != null) {
            var records = (Object[]) value;
            for (var i = 0; i < count; i++) elementWriter.invokeExact(segment, start + i * unit, records[i]);
        } else if (kind == FieldKind.BOOLEAN) {
            var booleans = (boolean[]) value;
            for (var i = 0; i < count; i++) segment.set(ValueLayout.JAVA_BOOLEAN, start + i, booleans[i]);
        } else {
            MemorySegment.copy(value, 0, segment, unaligned(), start, count);
        }
    }

    private void check(String what, Object value) throws Throwable {
        requireNotNull(what, value);
        if (kind == FieldKind.TEXT) {
            var misfit = FixedText.misfit((String) value, count);
            if (misfit != null) throw new FieldValueException(what + ": " + misfit);
            return;
        }
        var length = Array.getLength(value);
        if (length != count) {
            throw new FieldValueException(what + " is an array of " + length + " and must have " + count);
        }
        if (elementReader == null) return;
        for (var record : (Object[]) value) {
            requireNotNull("An element of " + what, record);
            if (elementChecker != null) elementChecker.invokeExact(record);
        }
    }

    private static void requireNotNull(String what, Object value) {
        if (value == null) throw new FieldValueException(what + " is null, and memory has no null");
    }

    private ValueLayout unaligned() {
        return kind.getLayout().withByteAlignment(1);
    }
}
