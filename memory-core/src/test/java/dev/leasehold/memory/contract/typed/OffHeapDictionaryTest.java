package dev.leasehold.memory.contract.typed;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leasehold.memory.SystemMemoryManager;
import dev.leasehold.memory.typed.CollectionChangedException;
import dev.leasehold.memory.typed.ElementType;
import dev.leasehold.memory.typed.KeyHash;
import dev.leasehold.memory.typed.NoSuchEntryException;
import dev.leasehold.memory.typed.OffHeap;
import dev.leasehold.memory.typed.OffHeapDictionary;
import dev.leasehold.memory.typed.Struct;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

/** What a Java program writes with dictionaries. */
final class OffHeapDictionaryTest {
    /** A key of two fields. */
    public record Cell(int x, int y) {}

    @Test
    void longsAsKeysLeadStraightToTheirValues() {
        try (var manager = SystemMemoryManager.of("java");
             var sums = OffHeapDictionary.of(ElementType.LONG, ElementType.DOUBLE, manager)) {
            OffHeap.set(sums, 7L, 1.5);
            OffHeap.set(sums, 7L, OffHeap.getDouble(sums, 7L) + 1);
            assertEquals(2.5, OffHeap.getDouble(sums, 7L));
            assertEquals(-1.0, OffHeap.getOrDefault(sums, 8L, -1.0));
            assertFalse(OffHeap.putIfAbsent(sums, 7L, 9.0));
            assertTrue(OffHeap.contains(sums, 7L));
            assertThrows(NoSuchEntryException.class, () -> OffHeap.getDouble(sums, 8L));
            assertTrue(OffHeap.remove(sums, 7L));
            assertEquals(0, sums.getSize());
        }
    }

    @Test
    void aPlaceIsALongAndLeadsToTheValueOfAnyKey() {
        try (var manager = SystemMemoryManager.of("java");
             var counts = OffHeapDictionary.of(ElementType.CHAR, ElementType.INT, manager, 100)) {
            for (char letter : "off the heap".toCharArray()) {
                long at = OffHeap.getOrPut(counts, letter);
                OffHeap.setAt(counts, at, OffHeap.intAt(counts, at) + 1);
            }
            assertEquals(2, OffHeap.intAt(counts, OffHeap.find(counts, 'h')));
            assertTrue(OffHeap.find(counts, 'x') < 0);
            int letters = 0;
            for (long at = OffHeap.first(counts); at >= 0; at = OffHeap.next(counts, at)) {
                letters += OffHeap.intAt(counts, at);
                assertTrue("off the heap".indexOf(OffHeap.charKeyAt(counts, at)) >= 0);
            }
            assertEquals(12, letters);
            long place = OffHeap.find(counts, 'f');
            OffHeap.removeAt(counts, place);
            assertThrows(CollectionChangedException.class, () -> OffHeap.intAt(counts, place));
        }
    }

    @Test
    void keysAndValuesOfSeveralBytesAreSegments() {
        var cell = Struct.of(Cell.class);
        KeyHash<Cell> hash = KeyHash.ofBytes("cells", key -> key.get(JAVA_INT, 0) * 31L + key.get(JAVA_INT, 4));
        try (var arena = Arena.ofConfined();
             var manager = SystemMemoryManager.of("java");
             var heights = OffHeapDictionary.of(cell, ElementType.LONG, manager, 0, hash)) {
            var key = arena.allocate(cell.getByteSize());
            for (int x = 0; x < 20; x++) {
                cell.set(key, 0, new Cell(x, -x));
                OffHeap.asMemorySegment(heights, OffHeap.getOrPut(heights, key)).set(JAVA_LONG, 0, x);
            }
            assertEquals(20, heights.getSize());
            cell.set(key, 0, new Cell(7, -7));
            assertEquals(7, OffHeap.longAt(heights, OffHeap.find(heights, key)));
            cell.set(key, 0, new Cell(7, 7));
            assertTrue(OffHeap.find(heights, key) < 0);
            var again = OffHeapDictionary.open(cell, ElementType.LONG, heights.release(), hash);
            assertEquals(20, again.getSize());
            again.close();
        }
    }

    @Test
    void bitsAreHashedByAnyFunction() {
        KeyHash<Integer> identity = KeyHash.ofBits("identity", bits -> bits);
        assertEquals("identity", identity.getName());
        try (var manager = SystemMemoryManager.of("java");
             var squares = OffHeapDictionary.of(ElementType.INT, ElementType.INT, manager, 0, identity)) {
            for (int root = 0; root < 100; root++) OffHeap.set(squares, root, root * root);
            for (int root = 0; root < 100; root++) assertEquals(root * root, OffHeap.getInt(squares, root));
            assertEquals(ElementType.INT, squares.getKeyType());
            assertEquals(ElementType.INT, squares.getValueType());
            squares.reserve(1000);
            assertTrue(squares.getCapacity() >= 1000);
        }
    }
}
