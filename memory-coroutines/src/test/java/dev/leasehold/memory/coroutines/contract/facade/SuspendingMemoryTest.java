package dev.leasehold.memory.coroutines.contract.facade;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leasehold.memory.InvalidSizeException;
import dev.leasehold.memory.InvalidTimeoutException;
import dev.leasehold.memory.MemoryPool;
import dev.leasehold.memory.PoolClosedException;
import dev.leasehold.memory.RentTimeoutException;
import dev.leasehold.memory.SharedLease;
import dev.leasehold.memory.coroutines.SuspendingMemory;
import dev.leasehold.memory.coroutines.SuspendingPool;
import dev.leasehold.memory.coroutines.TooManyWaitersException;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a Java program writes. That it compiles is half of what it proves. */
class SuspendingMemoryTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final MemoryPool memory = MemoryPool.isolated("java");
    private final SuspendingPool pool = SuspendingPool.of(memory, 100, 3);

    @AfterEach
    void everyByteIsBack() {
        assertEquals(0, pool.stats().getUsed());
        assertEquals(0, pool.stats().getWaiters());
        pool.close();
        memory.close();
    }

    @Test
    void aBlockingRentIsAResource() throws InterruptedException {
        try (var lease = SuspendingMemory.rentBlocking(pool, 64, LONG)) {
            lease.asKeptMemorySegment().set(ValueLayout.JAVA_BYTE, 63, (byte) 1);
            assertEquals(64, lease.getSize());
            assertEquals(64, pool.stats().getUsed());
        }
    }

    @Test
    void virtualThreadsShareTheBytes() throws Exception {
        var now = new AtomicInteger();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor();
                var wide = SuspendingPool.of(memory, 100)) {
            var all = new ArrayList<Future<?>>();
            for (var index = 0; index < 200; index++) {
                all.add(threads.submit(() -> {
                    try (var lease = SuspendingMemory.rentBlocking(wide, 40, LONG)) {
                        assertTrue(now.incrementAndGet() <= 2);
                        lease.asKeptMemorySegment().fill((byte) 1);
                        Thread.sleep(1);
                        now.decrementAndGet();
                    }
                    return null;
                }));
            }
            for (var one : all) {
                one.get(2, TimeUnit.MINUTES); // fails as the thread did
            }
            assertEquals(0, wide.stats().getUsed());
        }
    }

    @Test
    void aTimeoutAndWrongInputAreRefusedWithTheFigures() throws InterruptedException {
        try (var all = SuspendingMemory.tryRent(pool, 100)) {
            assertNotNull(all);
            assertNull(SuspendingMemory.tryRent(pool, 1));
            var late = assertThrows(
                    RentTimeoutException.class, () -> SuspendingMemory.rentBlocking(pool, 60, Duration.ofMillis(5)));
            assertEquals(
                    "pool 'java': 60 bytes did not come free within 5ms for thread '" + Thread.currentThread().getName()
                            + "' (#" + Thread.currentThread().threadId() + "); 100 bytes of the capacity of 100 bytes "
                            + "are out and 0 wait: close leases sooner, raise the capacity, or wait longer",
                    late.getMessage());
        }
        assertThrows(InvalidTimeoutException.class, () -> SuspendingMemory.rentBlocking(pool, 1, Duration.ZERO));
        assertThrows(InvalidSizeException.class, () -> SuspendingMemory.rentBlocking(pool, 101, LONG));
        assertThrows(InvalidSizeException.class, () -> SuspendingMemory.rentAsync(pool, 101));
        assertThrows(InvalidSizeException.class, () -> SuspendingMemory.rentAsync(pool, -1));
    }

    @Test
    void anInterruptEndsTheWaitAndLosesNothing() throws Exception {
        try (var all = SuspendingMemory.rentBlocking(pool, 100, LONG)) {
            var outcome = new CompletableFuture<Throwable>();
            var waiter = Thread.ofVirtual().start(() -> {
                try (var lease = SuspendingMemory.rentBlocking(pool, 10, LONG)) {
                    outcome.complete(new AssertionError("rented " + lease));
                } catch (InterruptedException interrupted) {
                    outcome.complete(interrupted);
                }
            });
            awaitWaiters(1);
            waiter.interrupt();
            assertInstanceOf(InterruptedException.class, outcome.get(2, TimeUnit.MINUTES));
            assertEquals(0, pool.stats().getWaiters());
            assertEquals(100, all.getSize());
        }
    }

    @Test
    void aFutureCompletesWithALeaseThatItsReceiverCloses() throws Exception {
        var first = SuspendingMemory.rentAsync(pool, 80);
        assertTrue(first.isDone(), "free bytes need no wait");
        var second = SuspendingMemory.rentAsync(pool, 60);
        assertFalse(second.isDone());
        var used = second.thenApply(lease -> {
            try (lease) {
                return lease.asKeptMemorySegment().byteSize();
            }
        });
        first.join().close();
        assertEquals(60, used.get(2, TimeUnit.MINUTES));
    }

    @Test
    void dependentsRunOnAThreadOfTheirOwn() throws Exception {
        var first = SuspendingMemory.rentAsync(pool, 80).join();
        var thread = SuspendingMemory.rentAsync(pool, 60).thenApply(lease -> {
            lease.close();
            return Thread.currentThread();
        });
        first.close();
        assertNotSame(Thread.currentThread(), thread.get(2, TimeUnit.MINUTES));
        assertTrue(thread.join().isVirtual());
    }

    @Test
    void cancellingAFutureTakesItOutOfTheLineAtOnce() throws Exception {
        try (var all = SuspendingMemory.tryRent(pool, 100)) {
            assertNotNull(all);
            var cancelled = SuspendingMemory.rentAsync(pool, 100);
            var behind = SuspendingMemory.rentAsync(pool, 10);
            assertEquals(2, pool.stats().getWaiters());
            assertTrue(cancelled.cancel(false));
            assertEquals(1, pool.stats().getWaiters());
            all.close();
            behind.get(2, TimeUnit.MINUTES).close();
            assertTrue(cancelled.isCancelled());
        }
    }

    @Test
    void aFutureThatOtherCodeCompletesLeavesTheLine() throws InterruptedException {
        try (var all = SuspendingMemory.tryRent(pool, 100)) {
            assertNotNull(all);
            var late = SuspendingMemory.rentAsync(pool, 10).orTimeout(1, TimeUnit.MILLISECONDS);
            var failure = assertThrows(ExecutionException.class, () -> late.get(2, TimeUnit.MINUTES));
            assertInstanceOf(TimeoutException.class, failure.getCause());
            awaitWaiters(0); // it leaves the line on the thread that completed it, which may come a moment later
            var failed = SuspendingMemory.rentAsync(pool, 10);
            assertTrue(failed.completeExceptionally(new IllegalStateException("enough")));
            assertEquals(0, pool.stats().getWaiters());
        }
    }

    @Test
    void whatChangesWithTimeFailsTheFuture() {
        SharedLease all = SuspendingMemory.tryRent(pool, 100);
        assertNotNull(all);
        var waiting = new CompletableFuture<?>[] {
            SuspendingMemory.rentAsync(pool, 1),
            SuspendingMemory.rentAsync(pool, 2),
            SuspendingMemory.rentAsync(pool, 3),
        };
        var tooMany = assertThrows(CompletionException.class, () -> SuspendingMemory.rentAsync(pool, 4).join());
        assertInstanceOf(TooManyWaitersException.class, tooMany.getCause());
        pool.close();
        for (var future : waiting) {
            var closed = assertThrows(CompletionException.class, future::join);
            assertInstanceOf(PoolClosedException.class, closed.getCause());
        }
        var after = SuspendingMemory.rentAsync(pool, 1);
        assertTrue(after.isCompletedExceptionally());
        assertInstanceOf(PoolClosedException.class, assertThrows(CompletionException.class, after::join).getCause());
        all.close();
    }

    private void awaitWaiters(int count) throws InterruptedException {
        while (pool.stats().getWaiters() != count) {
            Thread.sleep(1);
        }
    }
}
