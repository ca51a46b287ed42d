package dev.leasehold.memory.typed;

import static dev.leasehold.memory.internal.typed.RecordErrors.explained;
import static dev.leasehold.memory.typed.RecordStruct.at;

import dev.leasehold.memory.internal.access.Values;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * The layout that a Java record describes, from {@link Struct#of(Class)}: its components are the fields, in order.
 *
 * <pre>{@code
 * record Particle(float x, float y, long id) {}
 *
 * static final StructOf<Particle> PARTICLE = Struct.of(Particle.class);
 * static final StructOf.FloatAccessor X = PARTICLE.floatAccessor("x");
 *
 * Particle third = PARTICLE.get(segment, 3);
 * PARTICLE.set(segment, 3, new Particle(1, 2, 3));
 * X.set(segment, 3, X.get(segment, 3) + 1);
 * }</pre>
 *
 * <p>Fields lie as C has them on a 64-bit machine, each at a multiple of its size, or one directly behind the other
 * when the record is {@link Packed}; in native byte order. A component is one of
 *
 * <table>
 * <caption>Types of components</caption>
 * <tr><th>type</th><th>in memory</th></tr>
 * <tr><td>a primitive</td><td>that; a boolean is a byte</td></tr>
 * <tr><td>a record</td><td>a nested struct</td></tr>
 * <tr><td>an array of one of these, with {@link FixedLength}</td><td>so many of them</td></tr>
 * <tr><td>{@code String}, with {@link FixedLength}</td><td>so many bytes: UTF-8, with NULs behind it</td></tr>
 * </table>
 *
 * <p><b>Keep it in a {@code static final} field</b>, and its accessors as well: the JVM then knows all offsets as
 * constants, and a record that does not leave the method is never made: no garbage. Anywhere else an access is ten
 * times as slow and makes some. Arrays and texts are made anew at each read.
 *
 * <p><b>Ownership.</b> It describes memory and has none. <b>Threads.</b> Any; those of the segment are its own matter.
 * A record is read and written field by field, so another thread can see half of it.
 *
 * <p><b>Every access</b> throws {@link dev.leasehold.memory.SegmentBoundsException} when the struct is not all inside
 * the segment, {@link dev.leasehold.memory.ViewClosedException} when the memory has been given back,
 * {@link dev.leasehold.memory.ViewThreadException} when it belongs to another thread, and, if it writes,
 * {@link dev.leasehold.memory.ReadOnlySegmentException} when the segment is read-only. A refused access has written
 * nothing.
 *
 * @param <R> the record
 */
public sealed interface StructOf<R extends Record> extends ElementType<R> permits RecordStruct {
    /** The record. */
    Class<R> type();

    /**
     * Reads the struct at {@code index}, which begins {@code index} times {@link #getByteSize()} bytes from the start
     * of {@code segment}.
     *
     * @throws dev.leasehold.memory.MalformedTextException when a text in it is no UTF-8
     */
    R get(MemorySegment segment, long index);

    /**
     * Writes {@code value} over the struct at {@code index}; padding stays as it is.
     *
     * @throws FieldValueException when an array has another length, a text is too long, or a part is null
     * @throws dev.leasehold.memory.MalformedTextException when a text has a lone surrogate or a NUL
     */
    void set(MemorySegment segment, long index, R value);

    /**
     * Where the field that {@code path} leads to begins, in bytes from the struct's start: the name of a component, or
     * several with dots between them where records are nested, each with an index in brackets where it is an array:
     * {@code wheels[2].pressure}.
     *
     * @throws StructLayoutException when it leads nowhere
     */
    long offset(String path);

    /** The same layout in the platform's form: names, offsets and sizes are the same, and gaps are padding. */
    StructLayout toStructLayout();

    /**
     * An accessor of the boolean at {@code path}, as in {@link #offset}.
     *
     * @throws StructLayoutException when the path leads nowhere, or to something else
     */
    BooleanAccessor booleanAccessor(String path);

    /**
     * An accessor of the byte at {@code path}, as in {@link #offset}.
     *
     * @throws StructLayoutException when the path leads nowhere, or to something else
     */
    ByteAccessor byteAccessor(String path);

    /**
     * An accessor of the short at {@code path}, as in {@link #offset}.
     *
     * @throws StructLayoutException when the path leads nowhere, or to something else
     */
    ShortAccessor shortAccessor(String path);

    /**
     * An accessor of the char at {@code path}, as in {@link #offset}.
     *
     * @throws StructLayoutException when the path leads nowhere, or to something else
     */
    CharAccessor charAccessor(String path);

    /**
     * An accessor of the int at {@code path}, as in {@link #offset}.
     *
     * @throws StructLayoutException when the path leads nowhere, or to something else
     */
    IntAccessor intAccessor(String path);

    /**
     * An accessor of the long at {@code path}, as in {@link #offset}.
     *
     * @throws StructLayoutException when the path leads nowhere, or to something else
     */
    LongAccessor longAccessor(String path);

    /**
     * An accessor of the float at {@code path}, as in {@link #offset}.
     *
     * @throws StructLayoutException when the path leads nowhere, or to something else
     */
    FloatAccessor floatAccessor(String path);

    /**
     * An accessor of the double at {@code path}, as in {@link #offset}.
     *
     * @throws StructLayoutException when the path leads nowhere, or to something else
     */
    DoubleAccessor doubleAccessor(String path);

    /**
     * Reads and writes one boolean of structs in a segment, at the speed of an access by hand when it is in a
     * {@code static final} field. From {@link #booleanAccessor}.
     *
     * @param offset where the boolean begins, in bytes from the struct's start
     * @param stride how many bytes a struct has
     */
    record BooleanAccessor(long offset, long stride) {
        /** The boolean in the struct at {@code index}. */
        public boolean get(MemorySegment segment, long index) {
            try {
                return (byte) Values.BYTE.get(segment, at(index, stride, offset)) != 0;
            } catch (RuntimeException failure) {
                throw explained(failure, segment, index, stride);
            }
        }

        /** Sets the boolean in the struct at {@code index}. */
        public void set(MemorySegment segment, long index, boolean value) {
            try {
                Values.BYTE.set(segment, at(index, stride, offset), value ? (byte) 1 : (byte) 0);
            } catch (RuntimeException failure) {
                throw explained(failure, segment, index, stride);
            }
        }
    }

    /**
     * Reads and writes one byte of structs in a segment, at the speed of an access by hand when it is in a
     * {@code static final} field. From {@link #byteAccessor}.
     *
     * @param offset where the byte begins, in bytes from the struct's start
     * @param stride how many bytes a struct has
     */
    record ByteAccessor(long offset, long stride) {
        /** The byte in the struct at {@code index}. */
        public byte get(MemorySegment segment, long index) {
            try {
                return (byte) Values.BYTE.get(segment, at(index, stride, offset));
            } catch (RuntimeException failure) {
                throw explained(failure, segment, index, stride);
            }
        }

        /** Sets the byte in the struct at {@code index}. */
        public void set(MemorySegment segment, long index, byte value) {
            try {
                Values.BYTE.set(segment, at(index, stride, offset), value);
            } catch (RuntimeException failure) {
                throw explained(failure, segment, index, stride);
            }
        }
    }

    /**
     * Reads and writes one short of structs in a segment, at the speed of an access by hand when it is in a
     * {@code static final} field. From {@link #shortAccessor}.
     *
     * @param offset where the short begins, in bytes from the struct's start
     * @param stride how many bytes a struct has
     */
    record ShortAccessor(long offset, long stride) {
        /** The short in the struct at {@code index}. */
        public short get(MemorySegment segment, long index) {
            try {
                return (short) Values.SHORT.get(segment, at(index, stride, offset));
            } catch (RuntimeException failure) {
                throw explained(failure, segment, index, stride);
            }
        }

        /** Sets the short in the struct at {@code index}. */
        public void set(MemorySegment segment, long index, short value) {
            try {
                Values.SHORT.set(segment, at(index, stride, offset), value);
            } catch (RuntimeException failure) {
                throw explained(failure, segment, index, stride);
            }
        }
    }

    /**
     * Reads and writes one char of structs in a segment, at the speed of an access by hand when it is in a
     * {@code static final} field. From {@link #charAccessor}.
     *
     * @param offset where the char begins, in bytes from the struct's start
     * @param stride how many bytes a struct has
     */
    record CharAccessor(long offset, long stride) {
        /** The char in the struct at {@code index}. */
        public char get(MemorySegment segment, long index) {
            try {
                return (char) Values.CHAR.get(segment, at(index, stride, offset));
            } catch (RuntimeException failure) {
                throw explained(failure, segment, index, stride);
            }
        }

        /** Sets the char in the struct at {@code index}. */
        public void set(MemorySegment segment, long index, char value) {
            try {
                Values.CHAR.set(segment, at(index, stride, offset), value);
            } catch (RuntimeException failure) {
                throw explained(failure, segment, index, stride);
            }
        }
    }

    /**
     * Reads and writes one int of structs in a segment, at the speed of an access by hand when it is in a
     * {@code static final} field. From {@link #intAccessor}.
     *
     * @param offset where the int begins, in bytes from the struct's start
     * @param stride how many bytes a struct has
     */
    record IntAccessor(long offset, long stride) {
        /** The int in the struct at {@code index}. */
        public int get(MemorySegment segment, long index) {
            try {
                return (int) Values.INT.get(segment, at(index, stride, offset));
            } catch (RuntimeException failure) {
                throw explained(failure, segment, index, stride);
            }
        }

        /** Sets the int in the struct at {@code index}. */
        public void set(MemorySegment segment, long index, int value) {
            try {
                Values.INT.set(segment, at(index, stride, offset), value);
            } catch (RuntimeException failure) {
                throw explained(failure, segment, index, stride);
            }
        }
    }

    /**
     * Reads and writes one long of structs in a segment, at the speed of an access by hand when it is in a
     * {@code static final} field. From {@link #longAccessor}.
     *
     * @param offset where the long begins, in bytes from the struct's start
     * @param stride how many bytes a struct has
     */
    record LongAccessor(long offset, long stride) {
        /** The long in the struct at {@code index}. */
        public long get(MemorySegment segment, long index) {
            try {
                return (long) Values.LONG.get(segment, at(index, stride, offset));
            } catch (RuntimeException failure) {
                throw explained(failure, segment, index, stride);
            }
        }

        /** Sets the long in the struct at {@code index}. */
        public void set(MemorySegment segment, long index, long value) {
            try {
                Values.LONG.set(segment, at(index, stride, offset), value);
            } catch (RuntimeException failure) {
                throw explained(failure, segment, index, stride);
            }
        }
    }

    /**
     * Reads and writes one float of structs in a segment, at the speed of an access by hand when it is in a
     * {@code static final} field. From {@link #floatAccessor}.
     *
     * @param offset where the float begins, in bytes from the struct's start
     * @param stride how many bytes a struct has
     */
    record FloatAccessor(long offset, long stride) {
        /** The float in the struct at {@code index}. */
        public float get(MemorySegment segment, long index) {
            try {
                return (float) Values.FLOAT.get(segment, at(index, stride, offset));
            } catch (RuntimeException failure) {
                throw explained(failure, segment, index, stride);
            }
        }

        /** Sets the float in the struct at {@code index}. */
        public void set(MemorySegment segment, long index, float value) {
            try {
                Values.FLOAT.set(segment, at(index, stride, offset), value);
            } catch (RuntimeException failure) {
                throw explained(failure, segment, index, stride);
            }
        }
    }

    /**
     * Reads and writes one double of structs in a segment, at the speed of an access by hand when it is in a
     * {@code static final} field. From {@link #doubleAccessor}.
     *
     * @param offset where the double begins, in bytes from the struct's start
     * @param stride how many bytes a struct has
     */
    record DoubleAccessor(long offset, long stride) {
        /** The double in the struct at {@code index}. */
        public double get(MemorySegment segment, long index) {
            try {
                return (double) Values.DOUBLE.get(segment, at(index, stride, offset));
            } catch (RuntimeException failure) {
                throw explained(failure, segment, index, stride);
            }
        }

        /** Sets the double in the struct at {@code index}. */
        public void set(MemorySegment segment, long index, double value) {
            try {
                Values.DOUBLE.set(segment, at(index, stride, offset), value);
            } catch (RuntimeException failure) {
                throw explained(failure, segment, index, stride);
            }
        }
    }
}
