package dev.leasehold.memory.contract.typed;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leasehold.memory.SystemMemoryManager;
import dev.leasehold.memory.typed.ElementBoundsException;
import dev.leasehold.memory.typed.ElementLayoutException;
import dev.leasehold.memory.typed.ElementType;
import dev.leasehold.memory.typed.OffHeap;
import dev.leasehold.memory.typed.OffHeapList;
import dev.leasehold.memory.typed.TypedMemoryClosedException;
import org.junit.jupiter.api.Test;

/** What a Java program writes with lists. That it compiles is half of what it proves. */
final class OffHeapListTest {
    @Test
    void aListOfLongsIsAResource() {
        try (var manager = SystemMemoryManager.of("java")) {
            OffHeapList<Long> kept;
            try (var list = OffHeapList.of(ElementType.LONG, manager)) {
                kept = list;
                OffHeap.add(list, 42);
                OffHeap.add(list, 44L);
                OffHeap.insert(list, 1, 43);
                OffHeap.set(list, 0, OffHeap.getLong(list, 0) + 1);
                assertEquals(3, list.getSize());
                assertFalse(list.isEmpty());
                assertEquals(43, OffHeap.getLong(list, 0));
                assertEquals(0, OffHeap.indexOf(list, 43L));
                assertEquals(1, OffHeap.lastIndexOf(list, 43L));
                assertTrue(OffHeap.contains(list, 44L));
                assertEquals(43, OffHeap.removeLongAt(list, 0));
                assertTrue(OffHeap.remove(list, 44L));
                assertArrayEquals(new long[] {43}, OffHeap.toLongArray(list));
                OffHeap.addAll(list, new long[] {5, 6, 7});
                list.removeRange(0, 2);
                assertArrayEquals(new long[] {6, 7}, OffHeap.toLongArray(list));
                list.addAll(list);
                list.reserve(100);
                assertTrue(list.getCapacity() >= 100);
                assertTrue(list.getByteSize() >= 800);
                list.shrink();
                assertEquals(4, list.getCapacity());
                list.clear();
                assertTrue(list.isEmpty());
                assertEquals("java", list.getManager().getName());
                var failure = assertThrows(ElementBoundsException.class, () -> OffHeap.getLong(list, 5));
                assertEquals(5, failure.getIndex());
                assertEquals(0, failure.getCount());
            }
            assertTrue(kept.isClosed());
            assertThrows(TypedMemoryClosedException.class, () -> OffHeap.add(kept, 1L));
            assertEquals(0, manager.stats().getBlocks());
        }
    }

    @Test
    void thereIsOneForEachPrimitive() {
        try (var manager = SystemMemoryManager.of("java");
             var bytes = OffHeapList.of(ElementType.BYTE, manager, 10);
             var shorts = OffHeapList.of(ElementType.SHORT, manager, 10);
             var chars = OffHeapList.of(ElementType.CHAR, manager, 10);
             var ints = OffHeapList.of(ElementType.INT, manager, 10);
             var floats = OffHeapList.of(ElementType.FLOAT, manager, 10);
             var doubles = OffHeapList.of(ElementType.DOUBLE, manager, 10)) {
            OffHeap.add(bytes, (byte) 1);
            OffHeap.add(shorts, (short) 2);
            OffHeap.add(chars, 'c');
            OffHeap.add(ints, 4);
            OffHeap.add(floats, 5f);
            OffHeap.add(doubles, 6.0);
            assertEquals(1, OffHeap.getByte(bytes, 0));
            assertEquals(2, OffHeap.getShort(shorts, 0));
            assertEquals('c', OffHeap.getChar(chars, 0));
            assertEquals(4, OffHeap.getInt(ints, 0));
            assertEquals(5f, OffHeap.getFloat(floats, 0));
            assertEquals(6.0, OffHeap.getDouble(doubles, 0));
            assertEquals(1, OffHeap.toByteArray(bytes).length);
            assertEquals(1, OffHeap.toShortArray(shorts).length);
            assertEquals(1, OffHeap.toCharArray(chars).length);
            assertEquals(1, OffHeap.toIntArray(ints).length);
            assertEquals(1, OffHeap.toFloatArray(floats).length);
            assertEquals(1, OffHeap.toDoubleArray(doubles).length);
        }
    }

    @Test
    void elementsAreReachedAsPlainSegments() {
        try (var manager = SystemMemoryManager.of("java"); var list = OffHeapList.of(ElementType.LONG, manager)) {
            list.asMemorySegment(list.addZeroed()).set(JAVA_LONG, 0, 7);
            list.addZeroed(2);
            list.insertZeroed(0);
            list.insertZeroed(0, 2);
            var all = list.asMemorySegment();
            assertEquals(6 * 8, all.byteSize());
            assertEquals(7, all.getAtIndex(JAVA_LONG, 3));
        }
    }

    @Test
    void aReleasedListIsOpenedAgain() {
        try (var manager = SystemMemoryManager.of("java")) {
            var list = OffHeapList.of(ElementType.INT, manager);
            OffHeap.add(list, 4711);
            var block = list.release();
            assertThrows(ElementLayoutException.class, () -> OffHeapList.open(ElementType.LONG, block));
            try (var again = OffHeapList.open(ElementType.INT, block)) {
                assertEquals(4711, OffHeap.getInt(again, 0));
                assertEquals(ElementType.INT, again.getType());
                assertEquals(block, again.getBlock());
            }
            assertEquals(0, manager.stats().getBlocks());
        }
    }
}
