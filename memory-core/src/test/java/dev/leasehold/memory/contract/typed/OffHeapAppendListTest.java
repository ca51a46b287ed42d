package dev.leasehold.memory.contract.typed;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leasehold.memory.SystemMemoryManager;
import dev.leasehold.memory.typed.ElementType;
import dev.leasehold.memory.typed.OffHeap;
import dev.leasehold.memory.typed.OffHeapAppendList;
import org.junit.jupiter.api.Test;

/** What a Java program writes with lists that only grow. */
final class OffHeapAppendListTest {
    @Test
    void aPositionAndAViewStayGoodWhileTheListGrows() {
        try (var manager = SystemMemoryManager.of("java");
             var list = OffHeapAppendList.of(ElementType.DOUBLE, manager)) {
            long position = OffHeap.add(list, 1.5);
            var view = list.asMemorySegment(position);
            var block = list.getBlock();
            for (int more = 0; more < 10_000; more++) OffHeap.add(list, more);
            assertSame(block, list.getBlock());
            view.set(JAVA_DOUBLE, 0, 2.5);
            assertEquals(2.5, OffHeap.getDouble(list, position));
            OffHeap.set(list, position, 3.5);
            assertEquals(3.5, view.get(JAVA_DOUBLE, 0));
            assertEquals(10_001, list.addZeroed());
            assertEquals(0, OffHeap.indexOf(list, 3.5));
            assertTrue(list.getByteSize() > 80_000);
        }
    }

    @Test
    void aReleasedListIsOpenedAgain() {
        try (var manager = SystemMemoryManager.of("java")) {
            var list = OffHeapAppendList.of(ElementType.SHORT, manager, 10);
            OffHeap.add(list, (short) 5);
            try (var again = OffHeapAppendList.open(ElementType.SHORT, list.release())) {
                assertEquals(5, OffHeap.getShort(again, 0));
            }
            assertEquals(0, manager.stats().getBlocks());
        }
    }
}
