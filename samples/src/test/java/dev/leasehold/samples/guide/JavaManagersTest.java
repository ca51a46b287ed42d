package dev.leasehold.samples.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leasehold.memory.OutstandingBlocksException;
import dev.leasehold.memory.SystemMemoryManager;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** The guide's Java snippets on managers do what the guide says of them. */
final class JavaManagersTest {
    @Test
    void aBlockOfLongsIsWrittenAndRead() {
        assertEquals(42, JavaManagers.own());
    }

    @Test
    void aBlockEndsWithItsLastHolder() {
        try (var manager = SystemMemoryManager.of("java")) {
            try (var workers = Executors.newVirtualThreadPerTaskExecutor()) {
                JavaManagers.handOver(manager, workers);
            }
            assertEquals(0, manager.stats().getBlocks());
        }
    }

    @Test
    void aBlockGrows() {
        try (var manager = SystemMemoryManager.of("java"); var grown = JavaManagers.grow(manager)) {
            assertEquals(96 << 10, grown.getSize());
            assertEquals(1, grown.getRefCount());
        }
    }

    @Test
    void aCheckedManagerSaysWhereABlockWasForgotten() {
        var images = JavaManagers.checked();
        var forgotten = images.allocate(100);
        var early = assertThrows(OutstandingBlocksException.class, images::close);
        assertTrue(early.getMessage().contains("JavaManagersTest.java"), early.getMessage());
        forgotten.close();
    }

    @Test
    void allBlocksAreTakenBackAtOnce() {
        try (var manager = SystemMemoryManager.of("java")) {
            JavaManagers.takeBack(manager);
            assertEquals(0, manager.stats().getBlocks());
        }
    }
}
