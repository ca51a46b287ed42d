package dev.leasehold.samples.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leasehold.memory.BlockClosedException;
import dev.leasehold.memory.InvalidSizeException;
import dev.leasehold.memory.SystemMemoryManager;
import org.junit.jupiter.api.Test;

/** Runs of pages from Java. */
final class JavaPagesTest {
    @Test
    void aPageIsFoundByItsId() {
        try (var manager = SystemMemoryManager.of("guide")) {
            assertEquals(42, JavaPages.find(manager));
            assertEquals(0, manager.stats().getUsed());
        }
    }

    @Test
    void aRunIsResizedRetainedAndClosed() {
        try (var manager = SystemMemoryManager.of("guide")) {
            var run = manager.allocatePages(1);
            assertSame(run, run.retain());
            assertEquals(2, run.getRefCount());
            run.close();
            var grown = run.resizePages(3).resizePages(4, true);
            assertEquals(4, grown.getCount());
            assertEquals(4 * manager.getPageSize(), grown.getSize());
            assertEquals(0, grown.getAddress() % manager.getPageSize());
            assertThrows(InvalidSizeException.class, () -> grown.resizePages(0));
            grown.close();
            assertTrue(grown.isClosed());
            assertNull(manager.findPages(grown.getId()));
            assertThrows(BlockClosedException.class, grown::close);
        }
    }
}
