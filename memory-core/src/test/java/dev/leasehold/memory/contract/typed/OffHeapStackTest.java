package dev.leasehold.memory.contract.typed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leasehold.memory.MemoryManager;
import dev.leasehold.memory.SystemMemoryManager;
import dev.leasehold.memory.typed.ElementType;
import dev.leasehold.memory.typed.EmptyCollectionException;
import dev.leasehold.memory.typed.OffHeap;
import dev.leasehold.memory.typed.OffHeapStack;
import org.junit.jupiter.api.Test;

/** What a Java program writes with stacks. */
final class OffHeapStackTest {
    @Test
    void whatIsPushedLastIsPoppedFirst() {
        try (var manager = SystemMemoryManager.of("java"); var stack = OffHeapStack.of(ElementType.INT, manager, 4)) {
            for (int value = 0; value < 10; value++) OffHeap.push(stack, value);
            assertEquals(9, OffHeap.peekInt(stack));
            assertEquals(9, OffHeap.popInt(stack));
            assertEquals(0, OffHeap.getInt(stack, 0));
            OffHeap.set(stack, 0, 77);
            stack.drop();
            stack.drop(7);
            assertEquals(77, OffHeap.popInt(stack));
            assertThrows(EmptyCollectionException.class, () -> OffHeap.popInt(stack));
            assertThrows(EmptyCollectionException.class, () -> OffHeap.peekInt(stack));
            assertEquals(0, stack.pushZeroed());
            assertEquals(1, stack.getSize());
        }
    }

    @Test
    void everyPrimitiveIsPushedAndPopped() {
        MemoryManager manager = MemoryManager.system();
        try (var longs = OffHeapStack.of(ElementType.LONG, manager);
             var chars = OffHeapStack.of(ElementType.CHAR, manager);
             var doubles = OffHeapStack.of(ElementType.DOUBLE, manager)) {
            OffHeap.push(longs, 1L);
            OffHeap.push(chars, 'x');
            OffHeap.push(doubles, 2.5);
            assertEquals(1, OffHeap.popLong(longs));
            assertEquals('x', OffHeap.popChar(chars));
            assertEquals(2.5, OffHeap.popDouble(doubles));
        }
    }

    @Test
    void aReleasedStackIsOpenedAgain() {
        try (var manager = SystemMemoryManager.of("java")) {
            var stack = OffHeapStack.of(ElementType.LONG, manager);
            OffHeap.push(stack, 3L);
            try (var again = OffHeapStack.open(ElementType.LONG, stack.release())) {
                assertTrue(stack.isClosed());
                assertEquals(3, OffHeap.popLong(again));
            }
        }
    }
}
