package dev.leasehold.memory.contract.facade;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leasehold.memory.Block;
import dev.leasehold.memory.BlockClosedException;
import dev.leasehold.memory.InvalidSizeException;
import dev.leasehold.memory.ManagerClosedException;
import dev.leasehold.memory.Memory;
import dev.leasehold.memory.MemoryBudget;
import dev.leasehold.memory.MemoryConfigurationException;
import dev.leasehold.memory.MemoryManager;
import dev.leasehold.memory.OutstandingMemoryException;
import dev.leasehold.memory.SystemMemoryManager;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** What a Java program writes with managers and blocks. That it compiles is half of what it proves. */
final class ManagerFacadeTest {
    @Test
    void aBlockIsAResource() {
        try (var manager = SystemMemoryManager.of("java")) {
            Block kept;
            try (var block = manager.allocate(1024)) {
                kept = block;
                assertEquals(1024, block.getSize());
                assertSame(manager, block.getManager());
                assertEquals(1, block.getRefCount());
                assertNotEquals(0, block.getAddress());
                assertEquals(1024, block.asKeptMemorySegment().byteSize());
                assertEquals(ByteOrder.nativeOrder(), block.asKeptByteBuffer().order());
            }
            assertTrue(kept.isClosed());
            assertEquals(0, kept.getRefCount());
            assertThrows(BlockClosedException.class, kept::asKeptMemorySegment);
            assertEquals(0, manager.stats().getBlocks());
        }
    }

    @Test
    void everyAllocateHasItsOverload() {
        var point = MemoryLayout.structLayout(JAVA_LONG, JAVA_INT);
        try (var manager = SystemMemoryManager.of("java");
             var plain = manager.allocate(100);
             var aligned = manager.allocate(100, 4096);
             var zeroed = manager.allocateZeroed(100);
             var alignedZeroed = manager.allocateZeroed(100, 512);
             var one = Memory.allocate(manager, JAVA_LONG);
             var many = Memory.allocate(manager, point, 10)) {
            assertEquals(100, plain.getSize());
            assertEquals(0, aligned.getAddress() % 4096);
            assertEquals(-1, zeroed.asKeptMemorySegment().mismatch(MemorySegment.ofArray(new byte[100])));
            assertEquals(0, alignedZeroed.asKeptMemorySegment().get(JAVA_BYTE, 99));
            assertEquals(0, alignedZeroed.getAddress() % 512);
            assertEquals(8, one.getSize());
            assertEquals(10 * 16, many.getSize());
        }
    }

    @Test
    void aScopedViewEndsWithItsScope() {
        try (var manager = SystemMemoryManager.of("java"); var block = Memory.allocate(manager, JAVA_LONG)) {
            var kept = new MemorySegment[1];
            long result = Memory.withMemorySegment(block, bytes -> {
                bytes.set(JAVA_LONG, 0, 42);
                kept[0] = bytes;
                return bytes.get(JAVA_LONG, 0);
            });
            assertEquals(42, result);
            assertThrows(IllegalStateException.class, () -> kept[0].get(JAVA_LONG, 0));
            var failure = assertThrows(IllegalArgumentException.class, () -> Memory.withMemorySegment(block, bytes -> {
                throw new IllegalArgumentException("mine");
            }));
            assertEquals("mine", failure.getMessage());
            assertEquals(1, block.getRefCount());
        }
    }

    @Test
    void aBlockGoesToAnotherThreadWithAReferenceOfItsOwn() throws InterruptedException {
        try (var manager = SystemMemoryManager.of("java")) {
            var block = manager.allocate(64);
            assertSame(block, block.retain());
            assertTrue(block.tryRetain());
            assertEquals(3, block.getRefCount());
            var other = Thread.ofVirtual().start(() -> {
                try (block) {
                    block.asKeptMemorySegment().set(JAVA_INT, 0, 4711);
                }
            });
            other.join();
            assertEquals(4711, block.asKeptMemorySegment().get(JAVA_INT, 0));
            block.close();
            assertFalse(block.isClosed());
            block.close();
            assertFalse(block.tryRetain());
            assertThrows(BlockClosedException.class, block::retain);
            var again = assertThrows(BlockClosedException.class, block::close);
            assertEquals("java", again.getManagerName());
            assertEquals(64, again.getSize());
        }
    }

    @Test
    void aBlockIsResizedWithAndWithoutZeros() {
        try (var manager = SystemMemoryManager.of("java")) {
            var block = manager.allocate(100);
            block.asKeptMemorySegment().fill((byte) 7);
            var held = block.retain();
            block = block.resize(2 << 20, true);
            assertNotSame(held, block);
            assertEquals(7, block.asKeptMemorySegment().get(JAVA_BYTE, 99));
            assertEquals(0, block.asKeptMemorySegment().get(JAVA_BYTE, 100));
            assertEquals(100, held.getSize());
            held.close();
            block = block.resize(10);
            assertEquals(10, block.asKeptMemorySegment().byteSize());
            block.close();
            assertEquals(0, manager.stats().getUsed());
        }
    }

    @Test
    void managersAreConfiguredWithALambda() {
        try (var budget = MemoryBudget.of("built", 8 << 20);
             var other = MemoryBudget.of("other", 1 << 20);
             var manager = SystemMemoryManager.of("built", options -> {
                 options.setLimit(4 << 20);
                 options.setIdleBound(1 << 16);
                 options.setQuarantineBytes(1 << 16);
                 options.setQuarantineBlocks(64);
                 options.setBudget(budget);
                 options.setTraceSites(true);
                 options.setChecked(true);
             })) {
            assertEquals("built", manager.getName());
            assertEquals(4 << 20, manager.getLimit());
            assertTrue(manager.getMaxAllocation() < 4 << 20);
            assertSame(budget, manager.getBudget());
            assertEquals(java.util.List.of(manager), budget.getManagers());
            assertThrows(InvalidSizeException.class, () -> manager.allocate(5 << 20).close());
            var block = manager.allocate(1000);
            block.transferTo(other);
            assertTrue(other.getUsed() >= 1000);
            block.close();
            assertEquals(0, other.getUsed());
            var closed = assertThrows(BlockClosedException.class, block::close);
            assertTrue(closed.getMessage().contains("ManagerFacadeTest.java"), closed.getMessage());
            manager.trim();
            assertEquals(0, manager.stats().getReserved());
        }
        assertThrows(MemoryConfigurationException.class, () -> SystemMemoryManager.of(" ").close());
    }

    @Test
    void allBlocksAreTakenBackAtOnce() {
        try (var manager = SystemMemoryManager.of("java")) {
            var block = manager.allocate(100);
            var view = block.asKeptMemorySegment();
            manager.clear();
            assertTrue(block.isClosed());
            assertThrows(IllegalStateException.class, () -> view.get(JAVA_BYTE, 0));
            block.close();
            manager.allocate(100).close();
        }
    }

    @Test
    void aManagerThatIsClosedTooEarlySaysWhatIsLeft() {
        var manager = SystemMemoryManager.of("java");
        var block = manager.allocate(100);
        var early = assertThrows(OutstandingMemoryException.class, manager::close);
        assertEquals("java", early.getOwnerName());
        assertEquals(1, early.getCount());
        assertTrue(early.getBytes() >= 100);
        assertTrue(manager.isClosed());
        var refused = assertThrows(ManagerClosedException.class, () -> manager.allocate(1).close());
        assertEquals("java", refused.getManagerName());
        block.close();
    }

    @Test
    void figuresHaveNames() {
        try (var manager = SystemMemoryManager.of("java"); var block = manager.allocate(100)) {
            var stats = manager.stats();
            assertEquals(1, stats.getBlocks());
            assertEquals(1, stats.getAllocations());
            assertTrue(stats.getHits() <= stats.getAllocations());
            assertEquals(stats.getReserved(), stats.getUsed() + stats.getIdle() + stats.getQuarantined());
            assertTrue(stats.getUsed() >= block.getSize());
            assertTrue(stats.getPeak() >= stats.getReserved());
            assertEquals(Long.MAX_VALUE, stats.getLimit());
        }
    }

    @Test
    void theProcessHasAManagerThatCannotBeTakenFromIt() {
        MemoryManager system = MemoryManager.system();
        assertSame(system, MemoryManager.system());
        try (var block = system.allocate(16)) {
            assertEquals("system", block.getManager().getName());
            assertThrows(UnsupportedOperationException.class, system::close);
            assertThrows(UnsupportedOperationException.class, system::clear);
            assertFalse(system.isClosed());
        }
    }
}
