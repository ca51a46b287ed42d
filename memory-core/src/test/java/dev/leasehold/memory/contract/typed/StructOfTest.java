package dev.leasehold.memory.contract.typed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leasehold.memory.MalformedTextException;
import dev.leasehold.memory.Memory;
import dev.leasehold.memory.MemoryPool;
import dev.leasehold.memory.ReadOnlySegmentException;
import dev.leasehold.memory.SegmentBoundsException;
import dev.leasehold.memory.SystemMemoryManager;
import dev.leasehold.memory.ViewClosedException;
import dev.leasehold.memory.typed.FieldValueException;
import dev.leasehold.memory.typed.FixedLength;
import dev.leasehold.memory.typed.Packed;
import dev.leasehold.memory.typed.Struct;
import dev.leasehold.memory.typed.StructLayoutException;
import dev.leasehold.memory.typed.StructOf;
import dev.leasehold.memory.typed.TypedMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a Java program writes with records as layouts. That it compiles is half of what it proves. */
public final class StructOfTest {
    /** What a game has a million of. */
    public record Particle(float x, float y, float z, float vx, float vy, float vz, long id) {}

    /** One of each primitive, in an order that needs padding. */
    public record All(boolean flag, double d, byte b, short s, char c, int i, long l, float f) {}

    private record Vec3(float x, float y, float z) {}

    private record Body(Vec3 place, Vec3 speed, long id) {}

    private record Wheel(float pressure, boolean worn) {}

    private record Ship(
        long id,
        Vec3 position,
        @FixedLength(4) float[] trail,
        @FixedLength(3) boolean[] lamps,
        @FixedLength(2) Wheel[] wheels,
        @FixedLength(10) String name,
        byte grade
    ) {}

    @Packed
    private record Packet(byte kind, int length, long stamp) {}

    private record Positive(int value) {
        Positive {
            if (value < 0) throw new IllegalArgumentException("negative");
        }
    }

    private static final StructOf<Particle> PARTICLE = Struct.of(Particle.class);
    private static final StructOf.FloatAccessor X = PARTICLE.floatAccessor("x");
    private static final StructOf.LongAccessor ID = PARTICLE.longAccessor("id");
    private static final StructOf<All> ALL = Struct.of(All.class);
    private static final StructOf<Body> BODY = Struct.of(MethodHandles.lookup(), Body.class);
    private static final StructOf<Ship> SHIP = Struct.of(MethodHandles.lookup(), Ship.class);

    @Test
    void aRecordLiesAsCHasIt() {
        assertEquals(32, PARTICLE.getByteSize());
        assertEquals(8, PARTICLE.getAlignment());
        assertSame(Particle.class, PARTICLE.type());
        assertEquals(24, PARTICLE.offset("id"));
        assertEquals(
            "Particle{x: float @0 +4, y: float @4 +4, z: float @8 +4, vx: float @12 +4, vy: float @16 +4, "
                + "vz: float @20 +4, id: long @24 +8} 32 bytes, alignment 8",
            PARTICLE.toString());
        assertEquals(PARTICLE.toString(), PARTICLE.getLayout());
        assertEquals(StructSubjects.Particle.INSTANCE.getLayout(), PARTICLE.getLayout());
        assertEquals(StructSubjects.Particle.INSTANCE.toStructLayout(), PARTICLE.toStructLayout());
        assertEquals(
            "Ship{id: long @0 +8, position: Vec3{x: float @0 +4, y: float @4 +4, z: float @8 +4} @8 +12, "
                + "trail: float[4] @20 +16, lamps: boolean[3] @36 +3, "
                + "wheels: Wheel{pressure: float @0 +4, worn: boolean @4 +1}[2] @40 +16, "
                + "name: text[10] @56 +10, grade: byte @66 +1} 72 bytes, alignment 8",
            SHIP.getLayout());
        assertEquals(48, SHIP.offset("wheels[1].pressure"));
        assertEquals(13, Struct.of(MethodHandles.lookup(), Packet.class).getByteSize());
    }

    @Test
    void wholeRecordsAreReadAsTheyWereWritten() {
        try (var arena = Arena.ofConfined()) {
            var segment = arena.allocate(PARTICLE.getByteSize() * 3);
            for (var i = 0; i < 3; i++) PARTICLE.set(segment, i, particle(i));
            for (var i = 0; i < 3; i++) assertEquals(particle(i), PARTICLE.get(segment, i));
            var all = new All(true, -1.5, (byte) -2, (short) -3, '\uffff', Integer.MIN_VALUE, Long.MAX_VALUE, 0.5f);
            var odd = arena.allocate(ALL.getByteSize() * 2 + 1).asSlice(1);
            ALL.set(odd, 1, all);
            assertEquals(all, ALL.get(odd, 1));
            assertEquals(new All(false, 0, (byte) 0, (short) 0, '\0', 0, 0, 0), ALL.get(odd, 0));
        }
    }

    @Test
    void nestedRecordsArraysAndTextsAreReadAsTheyWereWritten() {
        try (var arena = Arena.ofConfined()) {
            var segment = arena.allocate(SHIP.getByteSize() * 3);
            SHIP.set(segment, 1, ship("Nautilus"));
            var read = SHIP.get(segment, 1);
            assertEquals(7, read.id());
            assertEquals(new Vec3(1, 2, 3), read.position());
            assertArrayEquals(new float[] {4, 5, 6, 7}, read.trail());
            assertArrayEquals(new boolean[] {true, false, true}, read.lamps());
            assertArrayEquals(new Wheel[] {new Wheel(8, true), new Wheel(9, false)}, read.wheels());
            assertEquals("Nautilus", read.name());
            assertEquals(-1, read.grade());
            assertEquals(0, SHIP.get(segment, 0).id());
            assertEquals("", SHIP.get(segment, 2).name());
            var y = SHIP.floatAccessor("position.y");
            assertEquals(2, y.get(segment, 1));
            SHIP.floatAccessor("trail[3]").set(segment, 1, 70);
            SHIP.booleanAccessor("wheels[1].worn").set(segment, 1, true);
            assertEquals(70, SHIP.get(segment, 1).trail()[3]);
            assertTrue(SHIP.get(segment, 1).wheels()[1].worn());
        }
    }

    @Test
    void accessorsReadAndWriteOneField() {
        try (var manager = SystemMemoryManager.of("records"); var block = TypedMemory.allocate(manager, PARTICLE, 5)) {
            assertEquals(160, block.getSize());
            Memory.withMemorySegment(block, segment -> {
                for (var i = 0; i < 5; i++) PARTICLE.set(segment, i, particle(i));
                X.set(segment, 3, X.get(segment, 3) + 10);
                ID.set(segment, 3, -1);
                assertEquals(new Particle(13, 1, 2, 3, 4, 5, -1), PARTICLE.get(segment, 3));
                return null;
            });
        }
        try (var arena = Arena.ofConfined()) {
            var segment = arena.allocate(ALL.getByteSize() * 2);
            ALL.booleanAccessor("flag").set(segment, 1, true);
            ALL.doubleAccessor("d").set(segment, 1, 1.5);
            ALL.byteAccessor("b").set(segment, 1, (byte) 2);
            ALL.shortAccessor("s").set(segment, 1, (short) 3);
            ALL.charAccessor("c").set(segment, 1, '4');
            ALL.intAccessor("i").set(segment, 1, 5);
            ALL.longAccessor("l").set(segment, 1, 6);
            ALL.floatAccessor("f").set(segment, 1, 7);
            assertEquals(new All(true, 1.5, (byte) 2, (short) 3, '4', 5, 6, 7), ALL.get(segment, 1));
            assertTrue(ALL.booleanAccessor("flag").get(segment, 1));
            assertFalse(ALL.booleanAccessor("flag").get(segment, 0));
            assertEquals(1.5, ALL.doubleAccessor("d").get(segment, 1));
            assertEquals(2, ALL.byteAccessor("b").get(segment, 1));
            assertEquals(3, ALL.shortAccessor("s").get(segment, 1));
            assertEquals('4', ALL.charAccessor("c").get(segment, 1));
            assertEquals(5, ALL.intAccessor("i").get(segment, 1));
            assertEquals(6, ALL.longAccessor("l").get(segment, 1));
            assertEquals(7, ALL.floatAccessor("f").get(segment, 1));
        }
    }

    @Test
    void aStructThatIsNotAllInsideIsRefused() {
        try (var arena = Arena.ofConfined()) {
            var segment = arena.allocate(100);
            var message = "index 3 is outside of 3 elements: offset 96 with length 32 is outside of a segment of 100 bytes";
            var failure = assertThrows(SegmentBoundsException.class, () -> PARTICLE.get(segment, 3));
            assertEquals(message, failure.getMessage());
            assertEquals(
                message,
                assertThrows(SegmentBoundsException.class, () -> PARTICLE.set(segment, 3, particle(0))).getMessage());
            for (var index : new long[] {-1, 4, 1L << 59, 1L << 60, 1L << 62, Long.MIN_VALUE, Long.MAX_VALUE}) {
                assertThrows(SegmentBoundsException.class, () -> PARTICLE.get(segment, index));
                assertThrows(SegmentBoundsException.class, () -> PARTICLE.set(segment, index, particle(0)));
                assertThrows(SegmentBoundsException.class, () -> X.get(segment, index));
                assertThrows(SegmentBoundsException.class, () -> ID.set(segment, index, 1));
                assertThrows(SegmentBoundsException.class, () -> SHIP.get(segment, index));
                assertThrows(SegmentBoundsException.class, () -> SHIP.set(segment, index, ship("x")));
            }
            assertThrows(SegmentBoundsException.class, () -> SHIP.set(segment, 1, ship("x")));
            assertArrayEquals(new byte[100], segment.toArray(ValueLayout.JAVA_BYTE));
        }
    }

    @Test
    void memoryThatIsGoneOrReadOnlyIsRefused() {
        MemorySegment kept;
        try (var pool = MemoryPool.isolated("records")) {
            try (var lease = Memory.rent(pool, SHIP.getByteSize())) {
                kept = lease.asMemorySegment();
                var fixed = kept.asReadOnly();
                assertThrows(ReadOnlySegmentException.class, () -> PARTICLE.set(fixed, 0, particle(1)));
                assertThrows(ReadOnlySegmentException.class, () -> SHIP.set(fixed, 0, ship("x")));
                assertThrows(ReadOnlySegmentException.class, () -> X.set(fixed, 0, 1));
            }
        }
        assertThrows(ViewClosedException.class, () -> PARTICLE.get(kept, 0));
        assertThrows(ViewClosedException.class, () -> PARTICLE.set(kept, 0, particle(1)));
        assertThrows(ViewClosedException.class, () -> SHIP.get(kept, 0));
        assertThrows(ViewClosedException.class, () -> SHIP.set(kept, 0, ship("x")));
        assertThrows(ViewClosedException.class, () -> X.get(kept, 0));
    }

    @Test
    void aRecordThatDoesNotFitIsRefusedBeforeAnythingIsWritten() {
        try (var arena = Arena.ofConfined()) {
            var segment = arena.allocate(SHIP.getByteSize());
            assertEquals(
                "'name' of Ship: The text has 11 bytes in UTF-8 and its field 10 bytes: shorten it, or let "
                    + "setTruncated cut it",
                misfit(segment, ship("Nautilus II")));
            assertThrows(MalformedTextException.class, () -> SHIP.set(segment, 0, ship("a\0b")));
            var good = ship("x");
            assertEquals("'name' of Ship is null, and memory has no null", misfit(segment, ship(null)));
            assertEquals(
                "'position' of Ship is null, and memory has no null",
                misfit(segment, new Ship(1, null, good.trail(), good.lamps(), good.wheels(), "x", (byte) 1)));
            assertEquals(
                "'trail' of Ship is an array of 3 and must have 4",
                misfit(segment, new Ship(1, good.position(), new float[3], good.lamps(), good.wheels(), "x", (byte) 1)));
            assertEquals(
                "'lamps' of Ship is null, and memory has no null",
                misfit(segment, new Ship(1, good.position(), good.trail(), null, good.wheels(), "x", (byte) 1)));
            assertEquals(
                "An element of 'wheels' of Ship is null, and memory has no null",
                misfit(segment, new Ship(1, good.position(), good.trail(), good.lamps(), new Wheel[2], "x", (byte) 1)));
            assertArrayEquals(new byte[(int) SHIP.getByteSize()], segment.toArray(ValueLayout.JAVA_BYTE));
            assertThrows(NullPointerException.class, () -> PARTICLE.set(segment, 0, null));
        }
    }

    @Test
    void whatARecordsOwnConstructorThrowsIsThrown() {
        var positive = Struct.of(MethodHandles.lookup(), Positive.class);
        try (var arena = Arena.ofConfined()) {
            var segment = arena.allocate(8);
            segment.set(ValueLayout.JAVA_INT, 4, -5);
            assertEquals(new Positive(0), positive.get(segment, 0));
            assertEquals(
                "negative",
                assertThrows(IllegalArgumentException.class, () -> positive.get(segment, 1)).getMessage());
        }
    }

    /** Not for a struct: a type that memory cannot have. */
    public record WithList(java.util.List<String> list) {}

    /** Not for a struct: nobody says how long the array is. */
    public record WithArray(int[] numbers) {}

    /** Not for a struct: it would have no end. */
    public record Endless(int value, Endless next) {}

    /** Not for a struct: there is nothing in it. */
    public record Nothing() {}

    /** Not for a struct: an array of none. */
    public record OfNone(@FixedLength(0) int[] numbers) {}

    @Test
    void recordsThatNoStructCanBeAreRefused() {
        assertEquals(
            "'list' of WithList is of java.util.List, which has no place in a struct: take primitives, records, and, "
                + "with @FixedLength, arrays of these and String",
            refusal(WithList.class));
        assertEquals("'numbers' of WithArray needs a length: mark it with @FixedLength", refusal(WithArray.class));
        assertEquals("Endless cannot contain itself", refusal(Endless.class));
        assertEquals("Nothing has no fields: declare at least one before its first use", refusal(Nothing.class));
        assertEquals("A fixed array or a text in OfNone needs at least one element, not 0", refusal(OfNone.class));
        assertEquals("java.lang.Record is no record", refusal(Record.class));
        assertTrue(refusal(Packet.class).startsWith("Record Packet is not accessible to "));
    }

    @Test
    void accessorsOfOtherTypesAreRefused() {
        assertEquals(
            "'id' of Particle is long, not float",
            assertThrows(StructLayoutException.class, () -> PARTICLE.floatAccessor("id")).getMessage());
        assertEquals(
            "'trail' of Ship is float[4], not float",
            assertThrows(StructLayoutException.class, () -> SHIP.floatAccessor("trail")).getMessage());
        assertEquals(
            "Particle has no field 'w': it has x, y, z, vx, vy, vz, id",
            assertThrows(StructLayoutException.class, () -> PARTICLE.floatAccessor("w")).getMessage());
    }

    /** As many components as the limit of a method's parameters lets a record have for this. */
    public record Wide(
        int a0, int a1, int a2, int a3, int a4, int a5, int a6, int a7, int a8, int a9,
        int b0, int b1, int b2, int b3, int b4, int b5, int b6, int b7, int b8, int b9,
        int c0, int c1, int c2, int c3, int c4, int c5, int c6, int c7, int c8, int c9,
        int d0, int d1, int d2, int d3, int d4, int d5, int d6, int d7, int d8, int d9,
        int e0, int e1, int e2, int e3, int e4, int e5, int e6, int e7, int e8, int e9,
        int f0, int f1, int f2, int f3, int f4, int f5, int f6, int f7, int f8, int f9,
        int g0, int g1, int g2, int g3, int g4, int g5, int g6, int g7, int g8, int g9,
        int h0, int h1, int h2, int h3, int h4, int h5, int h6, int h7, int h8, int h9,
        int i0, int i1, int i2, int i3, int i4, int i5, int i6, int i7, int i8, int i9,
        int j0, int j1, int j2, int j3, int j4, int j5, int j6, int j7, int j8, int j9
    ) {}

    @Test
    void aRecordOfAHundredComponentsIsNoSpecialCase() {
        var wide = Struct.of(Wide.class);
        try (var arena = Arena.ofConfined()) {
            var segment = arena.allocate(400);
            var numbers = new Random(5).ints(100).toArray();
            IntStream.range(0, 100).forEach(i -> segment.setAtIndex(ValueLayout.JAVA_INT, i, numbers[i]));
            var read = wide.get(segment, 0);
            assertEquals(numbers[0], read.a0());
            assertEquals(numbers[99], read.j9());
            segment.fill((byte) 0);
            wide.set(segment, 0, read);
            assertArrayEquals(numbers, segment.toArray(ValueLayout.JAVA_INT));
        }
    }

    private static Particle particle(int i) {
        return new Particle(i, 1, 2, 3, 4, 5, 100L + i);
    }

    private static Ship ship(String name) {
        return new Ship(
            7,
            new Vec3(1, 2, 3),
            new float[] {4, 5, 6, 7},
            new boolean[] {true, false, true},
            new Wheel[] {new Wheel(8, true), new Wheel(9, false)},
            name,
            (byte) -1);
    }

    private static String misfit(MemorySegment segment, Ship ship) {
        return assertThrows(FieldValueException.class, () -> SHIP.set(segment, 0, ship)).getMessage();
    }

    private static <R extends Record> String refusal(Class<R> type) {
        return assertThrows(StructLayoutException.class, () -> Struct.of(type)).getMessage();
    }
}
