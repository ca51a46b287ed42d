package dev.leasehold.samples.guide;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.leasehold.memory.Memory;
import dev.leasehold.memory.MemoryBudget;
import dev.leasehold.memory.MemoryPool;
import dev.leasehold.memory.RentTimeoutException;
import dev.leasehold.memory.coroutines.SuspendingMemory;
import dev.leasehold.memory.coroutines.SuspendingPool;
import dev.leasehold.memory.dsl.MemoryScope;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

/** The Java snippets of README.md and docs/guide.md. What stands between a region's comments is what they show. */
final class JavaGuide {
    private JavaGuide() {
    }

    static long rent(MemoryPool pool) {
        // region java rent
        try (var lease = Memory.rent(pool, 1024)) {
            var bytes = lease.asMemorySegment(); // a java.lang.foreign.MemorySegment of exactly 1,024 bytes
            bytes.set(JAVA_LONG_UNALIGNED, 0, 42);
            return bytes.get(JAVA_LONG_UNALIGNED, 0);
        } // Given back here; from here on `bytes` and every slice of it would throw.
        // endregion
    }

    static MemoryPool pool() {
        // region java pool
        var pool = MemoryPool.isolated("uploads", options -> {
            options.setLimit(64L << 20);
            options.setDefaultSize(16 * 1024);
        });
        // endregion
        return pool;
    }

    static String waiting(MemoryPool pool) throws InterruptedException {
        // region java wait
        try (var lease = Memory.rent(pool, 4096, Duration.ofMillis(20))) {
            return "rented " + lease.getSize() + " bytes";
        } catch (RentTimeoutException late) {
            return "pool '" + late.getOwnerName() + "' is full";
        }
        // endregion
    }

    static void handOver(MemoryPool pool, ExecutorService workers) {
        // region java hand over
        var lease = Memory.rentShared(pool, 1024);
        workers.execute(() -> {
            try (lease) {
                Memory.withMemorySegment(lease, bytes -> bytes.fill((byte) 1));
            }
        });
        // endregion
    }

    static String waitingInLine(SuspendingPool buffers) throws InterruptedException {
        // region java suspending wait
        try (var lease = SuspendingMemory.rentBlocking(buffers, 4096, Duration.ofMillis(200))) {
            return "rented " + lease.getSize() + " bytes";
        } catch (RentTimeoutException late) {
            return "busy";
        }
        // endregion
    }

    static CompletableFuture<Long> rentingLater(SuspendingPool buffers) {
        // region java suspending future
        return SuspendingMemory.rentAsync(buffers, 4096)
            .orTimeout(200, TimeUnit.MILLISECONDS) // takes the request out of the line, too
            .thenApply(lease -> {
                try (lease) {
                    return Memory.withMemorySegment(lease, bytes -> checksum(bytes));
                }
            });
        // endregion
    }

    private static long checksum(MemorySegment bytes) {
        var sum = 0L;
        for (var offset = 0L; offset < bytes.byteSize(); offset++) {
            sum += bytes.get(JAVA_BYTE, offset);
        }
        return sum;
    }

    static long scope(MemoryPool pool) {
        // region java scope
        try (var scope = MemoryScope.open(pool, "parse")) {
            var name = scope.allocateFrom("Kardal"); // a scope is a SegmentAllocator
            var block = scope.rent(pool, 4096);
            block.asMemorySegment().copyFrom(name);
            return name.byteSize();
        }
        // endregion
    }

    static boolean fits(MemoryPool pool, long size) {
        // region java try
        var lease = Memory.tryRent(pool, size);
        if (lease == null) {
            return false; // the limit stopped it
        }
        lease.close();
        return true;
        // endregion
    }

    static String budget() {
        // region java budget
        try (var ingest = MemoryBudget.of("ingest", 64L << 20);
             var sockets = MemoryBudget.of("sockets", 16L << 20, ingest);
             var pool = MemoryPool.isolated("frames", options -> options.setBudget(sockets))) {
            sockets.onSoftLimit(12L << 20, (budget, used) -> System.err.println(budget.getPath() + ": " + used));
            Memory.rent(pool, 4096).close();
            return ingest.toTree();
        } // What was opened last is closed first: the pool before its budget.
        // endregion
    }
}
