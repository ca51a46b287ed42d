package dev.leasehold.memory.contract.typed;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leasehold.memory.InvalidSizeException;
import dev.leasehold.memory.SystemMemoryManager;
import dev.leasehold.memory.typed.ChunkRing;
import dev.leasehold.memory.typed.ChunkTimeoutException;
import dev.leasehold.memory.typed.TypedMemoryClosedException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a Java program writes with a ring of chunks. That it compiles is half of what it proves. */
final class ChunkRingTest {
    private static final Duration SOON = Duration.ofMillis(2);

    @Test
    void chunksGoFromOneThreadToAnother() throws InterruptedException {
        try (var manager = SystemMemoryManager.of("java")) {
            var sum = new long[1];
            try (var ring = new ChunkRing(manager, 1024)) {
                var writer = Thread.ofVirtual().start(() -> {
                    try (ring) {
                        for (long number = 0; number < 1000; number++) {
                            long value = number;
                            ring.write(8, chunk -> chunk.set(JAVA_LONG, 0, value));
                        }
                    } catch (InterruptedException interrupted) {
                        throw new AssertionError(interrupted);
                    }
                });
                ring.consumeEach(chunk -> sum[0] += chunk.get(JAVA_LONG, 0));
                writer.join();
            }
            assertEquals(499_500, sum[0]);
            assertEquals(0, manager.stats().getUsed());
        }
    }

    @Test
    void everyWayToWriteAndToReadIsThere() throws InterruptedException {
        try (var manager = SystemMemoryManager.of("java"); var ring = new ChunkRing(manager, 256, 32)) {
            assertEquals(256, ring.getCapacity());
            assertEquals(128, ring.getMaxChunk());
            assertEquals(32, ring.getAlignment());
            assertEquals(0, ring.getUsedBytes());
            assertEquals(ring.getByteSize(), ring.getBlock().getSize());
            ring.write(8, chunk -> chunk.set(JAVA_LONG, 0, 1));
            ring.write(8, SOON, chunk -> chunk.set(JAVA_LONG, 0, 2));
            assertTrue(ring.tryWrite(8, chunk -> chunk.set(JAVA_LONG, 0, 3)));
            assertTrue(ring.tryWrite(8, SOON, chunk -> chunk.set(JAVA_LONG, 0, 4)));
            for (long value = 5; value < 9; value++) {
                long number = value;
                ring.write(8, chunk -> chunk.set(JAVA_LONG, 0, number));
            }
            assertFalse(ring.tryWrite(8, chunk -> {}));
            assertFalse(ring.tryWrite(8, SOON, chunk -> {}));
            assertThrows(ChunkTimeoutException.class, () -> ring.write(8, SOON, chunk -> {}));
            List<Long> read = new ArrayList<>();
            ring.read(chunk -> read.add(chunk.get(JAVA_LONG, 0)));
            ring.read(SOON, chunk -> read.add(chunk.get(JAVA_LONG, 0)));
            assertTrue(ring.tryRead(chunk -> read.add(chunk.get(JAVA_LONG, 0))));
            assertTrue(ring.tryRead(SOON, chunk -> read.add(chunk.get(JAVA_LONG, 0))));
            assertEquals(2, ring.drain(2, chunk -> read.add(chunk.get(JAVA_LONG, 0))));
            assertEquals(2, ring.drain(chunk -> read.add(chunk.get(JAVA_LONG, 0))));
            assertEquals(List.of(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L), read);
            assertFalse(ring.tryRead(chunk -> {}));
            assertFalse(ring.tryRead(SOON, chunk -> {}));
            assertThrows(ChunkTimeoutException.class, () -> ring.read(SOON, chunk -> {}));
            assertThrows(InvalidSizeException.class, () -> ring.tryWrite(129, chunk -> {}));
        }
    }

    @Test
    void aViewEndsWithItsAction() throws InterruptedException {
        try (var manager = SystemMemoryManager.of("java"); var ring = new ChunkRing(manager, 256)) {
            var kept = new MemorySegment[2];
            ring.write(8, chunk -> kept[0] = chunk);
            ring.read(chunk -> kept[1] = chunk);
            for (var view : kept) {
                assertThrows(IllegalStateException.class, () -> view.get(JAVA_LONG, 0));
            }
        }
    }

    @Test
    void itIsResizedReleasedOpenedAndClosed() throws InterruptedException {
        try (var manager = SystemMemoryManager.of("java")) {
            var ring = new ChunkRing(manager, 256);
            ring.write(8, chunk -> chunk.set(JAVA_LONG, 0, 42));
            ring.resize(4096);
            var opened = ChunkRing.open(ring.release());
            assertTrue(ring.isClosed());
            assertFalse(opened.isClosed());
            opened.read(chunk -> assertEquals(42, chunk.get(JAVA_LONG, 0)));
            opened.write(8, chunk -> {});
            opened.close();
            opened.clear();
            assertThrows(TypedMemoryClosedException.class, () -> opened.tryRead(chunk -> {}));
            assertEquals(64, ChunkRing.DEFAULT_ALIGNMENT);
            assertEquals(0, manager.stats().getUsed());
        }
    }
}
