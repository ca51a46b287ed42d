package dev.leasehold.samples.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leasehold.memory.Memory;
import dev.leasehold.memory.MemoryPool;
import dev.leasehold.memory.coroutines.SuspendingMemory;
import dev.leasehold.memory.coroutines.SuspendingPool;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The guide's Java snippets do what the guide says of them. */
final class JavaGuideTest {
    private final MemoryPool pool = MemoryPool.isolated("guide", options -> options.setLimit(1 << 20));

    @AfterEach
    void nothingIsLeased() {
        assertEquals(0, pool.stats().getUsed());
        pool.close();
    }

    @Test
    void aBlockIsRentedWrittenAndRead() {
        assertEquals(42, JavaGuide.rent(pool));
    }

    @Test
    void aPoolIsBuiltWithItsOptions() {
        try (var built = JavaGuide.pool()) {
            assertEquals(64L << 20, built.getLimit());
            assertEquals(16 * 1024, built.getDefaultSize());
        }
    }

    @Test
    void aFullPoolMakesARequestWaitInVain() throws InterruptedException {
        assertEquals("rented 4096 bytes", JavaGuide.waiting(pool));
        try (var all = Memory.rent(pool, 1 << 20)) {
            assertEquals(1 << 20, all.getSize());
            assertEquals("pool 'guide' is full", JavaGuide.waiting(pool));
            assertFalse(JavaGuide.fits(pool, 4096));
        }
        assertTrue(JavaGuide.fits(pool, 4096));
    }

    @Test
    void aSharedLeaseEndsOnTheThreadThatTookIt() {
        try (var workers = Executors.newVirtualThreadPerTaskExecutor()) {
            JavaGuide.handOver(pool, workers);
        }
    }

    @Test
    void threadsAndFuturesWaitInTheLineOfASuspendingPool() throws Exception {
        try (var buffers = SuspendingPool.of(pool, 4096)) {
            assertEquals("rented 4096 bytes", JavaGuide.waitingInLine(buffers));
            var held = SuspendingMemory.tryRent(buffers, 4096);
            assertNotNull(held);
            Memory.withMemorySegment(held, bytes -> bytes.fill((byte) 1));
            assertEquals("busy", JavaGuide.waitingInLine(buffers));
            var late = JavaGuide.rentingLater(buffers);
            var failure = assertThrows(ExecutionException.class, () -> late.get(2, TimeUnit.MINUTES));
            assertInstanceOf(TimeoutException.class, failure.getCause());
            while (buffers.stats().getWaiters() > 0) {
                Thread.sleep(1); // it leaves the line on the thread of the clock, a moment after it has failed
            }
            held.close();
            assertNotNull(JavaGuide.rentingLater(buffers).get(2, TimeUnit.MINUTES));
            assertEquals(0, buffers.stats().getUsed());
        }
    }

    @Test
    void aScopeOwnsWhatIsRentedAndAllocatedInIt() {
        assertEquals("Kardal\0".length(), JavaGuide.scope(pool));
    }

    @Test
    void aBudgetIsATreeOfLimits() {
        var lines = JavaGuide.budget().lines().toList();
        assertEquals(4, lines.size());
        assertTrue(lines.get(1).startsWith("ingest"));
        assertTrue(lines.get(2).startsWith("└─ sockets"));
        assertTrue(lines.get(3).startsWith("   └─ pool frames"));
    }
}
