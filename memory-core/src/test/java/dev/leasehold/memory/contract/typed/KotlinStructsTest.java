package dev.leasehold.memory.contract.typed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leasehold.memory.SystemMemoryManager;
import dev.leasehold.memory.typed.ArrayLayout;
import dev.leasehold.memory.typed.ElementArray;
import dev.leasehold.memory.typed.ElementBoundsException;
import dev.leasehold.memory.typed.ElementType;
import dev.leasehold.memory.typed.LayoutStruct;
import dev.leasehold.memory.typed.Struct;
import dev.leasehold.memory.typed.StructLayoutException;
import dev.leasehold.memory.typed.TypedMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** What a Java program writes with structs that Kotlin has declared. That it compiles is half of what it proves. */
final class KotlinStructsTest {
    private static final StructSubjects.Vec3 VEC3 = StructSubjects.Vec3.INSTANCE;

    @Test
    void aStructIsALayoutOfThePlatform() {
        var layout = VEC3.toStructLayout();
        var y = layout.arrayElementVarHandle(PathElement.groupElement("y"));
        try (var arena = Arena.ofConfined()) {
            var segment = arena.allocate(layout, 4);
            y.set(segment, 0L, 2L, 1.5f);
            assertEquals(1.5f, segment.get(ValueLayout.JAVA_FLOAT, 2 * VEC3.getByteSize() + VEC3.offset("y")));
        }
        assertEquals(12, VEC3.getByteSize());
        assertEquals(4, VEC3.getAlignment());
        assertEquals(VEC3.toString(), VEC3.getLayout());
        VEC3.requireSame(layout);
        assertThrows(StructLayoutException.class, () -> StructSubjects.Ship.INSTANCE.requireSame(layout));
        LayoutStruct same = Struct.of(layout);
        assertEquals(12, same.getByteSize());
        assertEquals(8, same.offset("z"));
    }

    @Test
    void arraysAndColumnsOfStructsAreHandedToJava() {
        try (var arena = Arena.ofConfined()) {
            var segment = arena.allocate(VEC3.getByteSize() * 4);
            segment.setAtIndex(ValueLayout.JAVA_FLOAT, 0, 1);
            segment.setAtIndex(ValueLayout.JAVA_FLOAT, 9, 2);
            var vectors = StructsForJava.vectors(segment);
            assertEquals(4, vectors.getSize());
            vectors.swap(0, 3);
            assertEquals(2, segment.getAtIndex(ValueLayout.JAVA_FLOAT, 0));
            vectors.slice(0, 2).copyTo(vectors, 1);
            assertEquals(2, segment.getAtIndex(ValueLayout.JAVA_FLOAT, 3));
            vectors.slice(0, 1).copyTo(vectors.slice(2));
            assertEquals(12, vectors.slice(3).asMemorySegment().byteSize());
            assertThrows(ElementBoundsException.class, () -> vectors.slice(5));
            vectors.zero();
            assertArrayEquals(new float[12], segment.toArray(ValueLayout.JAVA_FLOAT));

            var columns = StructsForJava.columns(arena.allocate(VEC3.getByteSize() * 4));
            assertEquals(4, columns.getSize());
            segment.setAtIndex(ValueLayout.JAVA_FLOAT, 3, 5);
            columns.copyFrom(vectors);
            columns.swap(0, 1);
            columns.copy(0, 3);
            assertArrayEquals(
                new float[] {5, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0},
                columns.asMemorySegment().toArray(ValueLayout.JAVA_FLOAT));
            columns.copyTo(vectors);
            columns.zero();
            assertEquals(5, segment.getAtIndex(ValueLayout.JAVA_FLOAT, 9));
        }
    }

    @Test
    void severalArraysLieInOneBlock() {
        var numbers = new ElementArray(ElementType.LONG, 10);
        var arrays = ArrayLayout.of(new ElementArray(VEC3, 3), numbers);
        assertEquals(2, arrays.getSize());
        assertEquals(40, arrays.offset(1));
        assertEquals(120, arrays.getByteSize());
        assertEquals(8, arrays.getAlignment());
        assertEquals(10, numbers.getCount());
        assertEquals(80, numbers.getByteSize());
        assertSame(ElementType.LONG, numbers.getType());
        try (var manager = SystemMemoryManager.of("java");
             var block = TypedMemory.allocate(manager, arrays);
             var one = TypedMemory.allocate(manager, VEC3);
             var many = TypedMemory.allocate(manager, VEC3, 10)) {
            var parts = arrays.asMemorySegments(block.asKeptMemorySegment());
            assertEquals(36, parts.get(0).byteSize());
            assertEquals(80, parts.get(1).byteSize());
            assertEquals(12, one.getSize());
            assertEquals(120, many.getSize());
        }
    }

    @Test
    void primitivesAreTypesOfElements() {
        MemorySegment none = MemorySegment.NULL;
        assertEquals(0, none.byteSize());
        assertEquals("float", ElementType.FLOAT.getLayout());
        assertEquals(4, ElementType.FLOAT.getByteSize());
    }
}
