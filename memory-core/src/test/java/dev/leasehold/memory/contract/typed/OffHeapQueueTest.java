package dev.leasehold.memory.contract.typed;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leasehold.memory.SystemMemoryManager;
import dev.leasehold.memory.typed.ElementType;
import dev.leasehold.memory.typed.EmptyCollectionException;
import dev.leasehold.memory.typed.OffHeap;
import dev.leasehold.memory.typed.OffHeapQueue;
import org.junit.jupiter.api.Test;

/** What a Java program writes with queues. */
final class OffHeapQueueTest {
    @Test
    void whatIsAddedFirstIsRemovedFirst() {
        try (var manager = SystemMemoryManager.of("java"); var queue = OffHeapQueue.of(ElementType.LONG, manager)) {
            for (long value = 0; value < 100; value++) {
                OffHeap.add(queue, value);
                OffHeap.add(queue, -value);
                assertEquals(value % 2 == 0 ? value / 2 : -(value / 2), OffHeap.removeLong(queue));
            }
            assertEquals(100, queue.getSize());
            assertEquals(50, OffHeap.peekLong(queue));
            assertEquals(-50, OffHeap.getLong(queue, 1));
            OffHeap.set(queue, 0, 7);
            assertEquals(0, OffHeap.indexOf(queue, 7L));
            assertEquals(7, OffHeap.removeLongAt(queue, 0));
            assertTrue(OffHeap.remove(queue, 60L));
            queue.removeRange(2, 90);
            queue.drop(2);
            queue.drop();
            assertEquals(7, queue.getSize());
            assertArrayEquals(OffHeap.toLongArray(queue), OffHeap.toLongArray(queue));
            queue.clear();
            assertThrows(EmptyCollectionException.class, () -> OffHeap.removeLong(queue));
        }
    }

    @Test
    void aReleasedQueueIsOpenedAgain() {
        try (var manager = SystemMemoryManager.of("java")) {
            var queue = OffHeapQueue.of(ElementType.INT, manager, 100);
            assertEquals(128, queue.getCapacity());
            queue.asMemorySegment(queue.addZeroed()).set(JAVA_INT, 0, 9);
            try (var again = OffHeapQueue.open(ElementType.INT, queue.release())) {
                assertEquals(9, OffHeap.removeInt(again));
            }
            assertEquals(0, manager.stats().getBlocks());
        }
    }
}
