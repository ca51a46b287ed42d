package dev.leasehold.memory.contract.facade;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leasehold.memory.FixedMemoryPool;
import dev.leasehold.memory.Hygiene;
import dev.leasehold.memory.Lease;
import dev.leasehold.memory.LeaseClosedException;
import dev.leasehold.memory.Memory;
import dev.leasehold.memory.MemoryPool;
import dev.leasehold.memory.PoolStatistics;
import dev.leasehold.memory.SharedLease;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a Java program writes. That it compiles is half of what it proves. */
class MemoryFacadeTest {
    @Test
    void aLeaseIsAResource() {
        try (MemoryPool pool = MemoryPool.isolated("java")) {
            try (var lease = Memory.rent(pool, 1024)) {
                MemorySegment bytes = lease.asMemorySegment();
                bytes.set(JAVA_LONG, 1016, 42);
                assertEquals(42, bytes.get(JAVA_LONG, 1016));
                assertEquals(1024, lease.getSize());
                assertSame(pool, lease.getPool());
                assertEquals(ByteOrder.nativeOrder(), lease.asByteBuffer().order());
            }
            assertEquals(0, pool.stats().getUsed());
        }
    }

    @Test
    void everyRentHasItsOverload() {
        try (MemoryPool pool = MemoryPool.isolated("java");
                Lease usual = Memory.rent(pool);
                Lease aligned = Memory.rent(pool, 100, 4096);
                Lease tried = Memory.tryRent(pool, 100);
                SharedLease shared = Memory.rentShared(pool, 100);
                SharedLease usualShared = Memory.rentShared(pool);
                SharedLease alignedShared = Memory.rentShared(pool, 100, 512);
                SharedLease triedShared = Memory.tryRentShared(pool, 100)) {
            assertEquals(pool.getDefaultSize(), usual.getSize());
            assertEquals(0, aligned.asMemorySegment().address() % 4096);
            assertNotNull(tried);
            assertEquals(100, shared.asKeptMemorySegment().byteSize());
            assertEquals(4096, usualShared.getSize());
            assertEquals(0, alignedShared.asKeptMemorySegment().address() % 512);
            assertNotNull(triedShared);
            usual.close();
            aligned.close();
            tried.close();
            shared.close();
            usualShared.close();
            alignedShared.close();
            triedShared.close();
        }
    }

    /** Does not compile when the timed rents stop declaring the checked exception. */
    @Test
    void aWaitCanBeInterrupted() {
        MemoryPool pool = MemoryPool.isolated("java", options -> options.setLimit(4096));
        Lease held = Memory.rent(pool, 4096);
        Thread.currentThread().interrupt();
        try {
            Memory.rent(pool, 4096, Duration.ofMinutes(1)).close();
            throw new AssertionError("the wait was not interrupted");
        } catch (InterruptedException expected) {
            assertEquals("interrupted while waiting for memory", expected.getMessage());
        }
        Thread.currentThread().interrupt();
        try {
            Memory.rentShared(pool, 4096, Duration.ofMinutes(1)).close();
            throw new AssertionError("the wait was not interrupted");
        } catch (InterruptedException expected) {
            assertEquals("interrupted while waiting for memory", expected.getMessage());
        }
        held.close();
        pool.close();
    }

    @Test
    void poolsAreConfiguredWithALambda() {
        MemoryPool pool = MemoryPool.isolated("built", options -> {
            options.setLimit(1 << 20);
            options.setIdleBound(1 << 16);
            options.setHygiene(Hygiene.ZERO_ON_CLOSE);
            options.setQuarantineBytes(1 << 16);
            options.setQuarantineBlocks(64);
            options.setDefaultSize(128);
            options.setTraceSites(true);
        });
        assertEquals("built", pool.getName());
        assertEquals(1 << 20, pool.getLimit());
        Lease lease = Memory.rent(pool);
        assertEquals(128, lease.getSize());
        lease.close();
        LeaseClosedException closed = assertThrows(LeaseClosedException.class, lease::asMemorySegment);
        assertTrue(closed.getMessage().contains("MemoryFacadeTest.java"), closed.getMessage());
        pool.trim();
        assertEquals(0, pool.stats().getReserved());
        pool.close();
        assertTrue(pool.isClosed());
    }

    @Test
    void fixedPoolsTellTheirCapacity() {
        try (FixedMemoryPool pool = MemoryPool.fixed("chunks", 100, 2);
                FixedMemoryPool aligned = MemoryPool.fixed("aligned", 100, 2, 4096);
                FixedMemoryPool built = MemoryPool.fixed("built", 64, 4, 64, options -> options.setTraceSites(true))) {
            Lease first = Memory.rent(pool);
            Lease second = Memory.rent(pool, 10);
            assertNull(Memory.tryRent(pool, 10));
            assertEquals(0, pool.getAvailable());
            assertEquals(2, pool.getCapacity());
            assertEquals(100, pool.getBlockSize());
            first.close();
            second.close();
            Memory.rentShared(aligned, 100).close();
            assertEquals(4, built.getAvailable());
        }
    }

    @Test
    void figuresHaveNames() {
        try (MemoryPool pool = MemoryPool.isolated("figures")) {
            Memory.rent(pool, 64).close();
            PoolStatistics stats = pool.stats();
            assertEquals(1, stats.getRents());
            assertEquals(stats.getRents(), stats.getHits() + stats.getMisses());
            assertEquals(stats.getReserved(), stats.getUsed() + stats.getIdle() + stats.getQuarantined());
            assertTrue(stats.getPeak() >= stats.getReserved());
            assertEquals(Long.MAX_VALUE, stats.getLimit());
            assertEquals(0, stats.getWaiters());
        }
        assertNotNull(MemoryPool.shared());
    }
}
