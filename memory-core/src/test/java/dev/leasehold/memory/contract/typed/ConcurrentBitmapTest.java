package dev.leasehold.memory.contract.typed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leasehold.memory.SystemMemoryManager;
import dev.leasehold.memory.typed.BitNotSetException;
import dev.leasehold.memory.typed.BitmapFullException;
import dev.leasehold.memory.typed.ConcurrentBitmap;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a Java program writes with a bitmap. That it compiles is half of what it proves. */
final class ConcurrentBitmapTest {
    @Test
    void bitsAreAllocatedAndFreed() {
        try (var manager = SystemMemoryManager.of("java"); var bits = new ConcurrentBitmap(manager, 100)) {
            assertEquals(0, bits.allocate());
            assertEquals(1, bits.allocate(50));
            assertEquals(51, bits.tryAllocate());
            assertEquals(-1, bits.tryAllocate(64));
            var full = assertThrows(BitmapFullException.class, () -> bits.allocate(64));
            assertEquals(64, full.getLength());
            bits.free(1, 50);
            bits.free(0);
            assertTrue(bits.tryFree(51));
            assertFalse(bits.tryFree(51, 1));
            assertEquals(51, assertThrows(BitNotSetException.class, () -> bits.free(51)).getIndex());
            assertEquals(0, bits.count());
        }
    }

    @Test
    void bitsAreSetAndFound() {
        try (var manager = SystemMemoryManager.of("java"); var bits = new ConcurrentBitmap(manager, 100)) {
            assertTrue(bits.set(5));
            bits.set(99, true);
            assertTrue(bits.get(99));
            assertEquals(5, bits.nextSet(0));
            List<Long> set = new ArrayList<>();
            bits.forEachSet(set::add);
            assertEquals(List.of(5L, 99L), set);
            assertTrue(bits.clear(5));
            bits.clear();
            assertEquals(-1, bits.nextSet(0));
        }
    }

    @Test
    void itGrowsAndIsOpenedAgain() {
        try (var manager = SystemMemoryManager.of("java")) {
            var bits = new ConcurrentBitmap(manager, 100);
            bits.grow(1000);
            bits.set(999);
            assertEquals(2, bits.getBlocks().size());
            assertEquals(64 + 16 + 64 + 8 * 14, bits.getByteSize());
            try (var opened = ConcurrentBitmap.open(bits.release())) {
                assertEquals(1000, opened.getSize());
                assertTrue(opened.get(999));
            }
            assertTrue(bits.isClosed());
            assertEquals(0, manager.stats().getUsed());
        }
    }
}
