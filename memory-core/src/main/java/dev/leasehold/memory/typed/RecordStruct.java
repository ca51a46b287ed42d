package dev.leasehold.memory.typed;

import dev.leasehold.memory.internal.typed.FieldKind;
import dev.leasehold.memory.internal.typed.RecordErrors;
import dev.leasehold.memory.internal.typed.RecordLookup;
import dev.leasehold.memory.internal.typed.StructForm;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;

/**
 * The layout of a record, and the handles that read and write it. It is a record itself, because of a record in a
 * {@code static final} field the JVM takes the fields for constants, and so compiles the handles into their callers.
 *
 * @param reader makes a record of what is at an offset of a segment: {@code (MemorySegment, long) Object}
 * @param checker refuses a record that cannot be written: {@code (Object) void}; null when all can
 * @param writer writes a record at an offset of a segment: {@code (MemorySegment, long, Object) void}
 */
record RecordStruct<R extends Record>(
    Class<R> type,
    StructForm form,
    long byteSize,
    MethodHandle reader,
    MethodHandle checker,
    MethodHandle writer
) implements StructOf<R> {
    private static final int INDEX_BITS = 38;

    static <R extends Record> StructOf<R> of(RecordLookup lookup, Class<R> type) {
        var plan = new RecordPlan(lookup, type);
        var form = plan.form();
        return new RecordStruct<>(type, form, form.getByteSize(), plan.reader(), plan.checker(), plan.writer());
    }

    /**
     * The offset of a field; an index too large for one must not wrap round to a valid one, which the JVM's own check
     * would not see.
     */
    static long at(long index, long stride, long offset) {
        return index >>> INDEX_BITS == 0 ? index * stride + offset : Long.MIN_VALUE;
    }

    @Override
    public R get(MemorySegment segment, long index) {
        try {
            @SuppressWarnings("unchecked") // The reader makes nothing else.
            var value = (R) (Object) reader.invokeExact(segment, at(index, byteSize, 0));
            return value;
        } catch (RuntimeException failure) {
            throw RecordErrors.explained(failure, segment, index, byteSize);
        } catch (Error failure) {
            throw failure;
        } catch (Throwable failure) {
            throw undeclared(failure);
        }
    }

    @Override
    public void set(MemorySegment segment, long index, R value) {
        try {
            var offset = at(index, byteSize, 0);
            if (checker != null) {
                checker.invokeExact((Object) value);
                // The first access of a primitive makes sure that there is room for the whole; arrays do not.
                RecordParts.requireRoom(segment, offset, byteSize);
            }
            writer.invokeExact(segment, offset, (Object) value);
        } catch (RuntimeException failure) {
            throw RecordErrors.explained(failure, segment, index, byteSize);
        } catch (Error failure) {
            throw failure;
        } catch (Throwable failure) {
            throw undeclared(failure);
        }
    }

    private static IllegalStateException undeclared(Throwable failure) {
        return new IllegalStateException("A record's code threw an exception that it does not declare", failure);
    }

    @Override
    public long getByteSize() {
        return byteSize;
    }

    @Override
    public long getAlignment() {
        return form.getAlignment();
    }

    @Override
    public String getLayout() {
        return form.getText();
    }

    @Override
    public long offset(String path) {
        return form.find(path).getOffset();
    }

    @Override
    public StructLayout toStructLayout() {
        return form.toStructLayout();
    }

    @Override
    public BooleanAccessor booleanAccessor(String path) {
        return new BooleanAccessor(form.valueAt(path, FieldKind.BOOLEAN), byteSize);
    }

    @Override
    public ByteAccessor byteAccessor(String path) {
        return new ByteAccessor(form.valueAt(path, FieldKind.BYTE), byteSize);
    }

    @Override
    public ShortAccessor shortAccessor(String path) {
        return new ShortAccessor(form.valueAt(path, FieldKind.SHORT), byteSize);
    }

    @Override
    public CharAccessor charAccessor(String path) {
        return new CharAccessor(form.valueAt(path, FieldKind.CHAR), byteSize);
    }

    @Override
    public IntAccessor intAccessor(String path) {
        return new IntAccessor(form.valueAt(path, FieldKind.INT), byteSize);
    }

    @Override
    public LongAccessor longAccessor(String path) {
        return new LongAccessor(form.valueAt(path, FieldKind.LONG), byteSize);
    }

    @Override
    public FloatAccessor floatAccessor(String path) {
        return new FloatAccessor(form.valueAt(path, FieldKind.FLOAT), byteSize);
    }

    @Override
    public DoubleAccessor doubleAccessor(String path) {
        return new DoubleAccessor(form.valueAt(path, FieldKind.DOUBLE), byteSize);
    }

    @Override
    public String toString() {
        return getLayout();
    }
}
