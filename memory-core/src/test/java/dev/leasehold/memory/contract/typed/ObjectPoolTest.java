package dev.leasehold.memory.contract.typed;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.leasehold.memory.typed.Bytes;
import dev.leasehold.memory.typed.HoldableObjectPool;
import dev.leasehold.memory.typed.ObjectPool;
import dev.leasehold.memory.typed.StaleHandleException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a Java program writes with object pools and handles, which are longs there. */
final class ObjectPoolTest {
    @Test
    void aHandleNamesItsObjectForItsLife() {
        try (var pool = ObjectPool.of("java", new Bytes(64, 8), options -> options.setCapacity(1000))) {
            long handle = pool.allocateHandle();
            pool.asMemorySegment(handle).set(JAVA_LONG, 8, 42);
            assertTrue(pool.contains(handle));
            assertEquals(42, pool.findMemorySegment(handle).get(JAVA_LONG, 8));
            assertTrue(pool.free(handle));
            assertFalse(pool.free(handle));
            assertNull(pool.findMemorySegment(handle));
            assertThrows(StaleHandleException.class, () -> pool.asMemorySegment(handle));
            assertEquals(1000, pool.getCapacity());
            assertEquals(64, pool.getStride());
            assertEquals(0, pool.stats().getLive());
        }
    }

    @Test
    void anObjectIsAResource() {
        try (var pool = ObjectPool.of("java", new Bytes(24))) {
            byte[] copy;
            try (var owned = pool.allocate()) {
                owned.asMemorySegment().fill((byte) 7);
                assertTrue(pool.contains(owned.getHandle()));
                copy = owned.recoverBytes();
                assertFalse(owned.isAlive());
            }
            assertEquals(24, copy.length);
            assertEquals(7, copy[23]);
            assertNotNull(pool.tryAllocate());
        }
    }

    @Test
    void whatIsReadIsDroppedWhenTheObjectEndsMeanwhile() {
        try (var pool = ObjectPool.of("java", new Bytes(64, 8))) {
            long handle = pool.allocateHandle();
            pool.asMemorySegment(handle).set(JAVA_LONG, 0, 5);
            Long value = pool.readMemorySegment(handle, segment -> segment.get(JAVA_LONG, 0));
            assertEquals(5, value);
            assertNull(pool.readMemorySegment(handle, segment -> pool.free(handle)));
            assertNull(pool.readMemorySegment(handle, segment -> fail("it is dead")));
        }
    }

    @Test
    void whatIsHeldStaysAsLongAsItIsHeld() {
        try (var pool = HoldableObjectPool.of("java", new Bytes(64, 8))) {
            long handle = pool.allocateHandle();
            pool.asMemorySegment(handle).set(JAVA_LONG, 0, 5);
            Long value = pool.holdMemorySegment(handle, segment -> {
                assertTrue(pool.free(handle));
                assertFalse(pool.contains(handle));
                assertEquals(1023, pool.stats().getFree());
                return segment.get(JAVA_LONG, 0);
            });
            assertEquals(5, value);
            assertEquals(1024, pool.stats().getFree());
            assertNull(pool.holdMemorySegment(handle, segment -> segment));
        }
    }

    @Test
    void allThatLiveCanBeSeen() {
        try (var pool = HoldableObjectPool.of("java", new Bytes(8), options -> options.setBatchSize(4))) {
            var handles = List.of(pool.allocateHandle(), pool.allocateHandle(), pool.allocateHandle());
            pool.free(handles.get(1));
            var seen = new ArrayList<Long>();
            pool.forEachHandle(seen::add);
            assertEquals(List.of(handles.get(0), handles.get(2)), seen);
        }
    }
}
