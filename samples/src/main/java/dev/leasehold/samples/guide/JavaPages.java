package dev.leasehold.samples.guide;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.leasehold.memory.Memory;
import dev.leasehold.memory.MemoryManager;

/** The guide's Java snippet on pages. What stands between a region's comments is what docs/guide.md shows. */
final class JavaPages {
    private JavaPages() {
    }

    static long find(MemoryManager manager) {
        // region java pages
        try (var run = manager.allocatePages(2)) {
            long id = run.getId() + 1;
            Memory.withMemorySegment(run, bytes -> {
                bytes.set(JAVA_LONG, run.offsetOf(id), 42);
                return null;
            });
            try (var found = manager.findPages(id)) { // null when no run has the page
                if (found == null) return -1;
                return Memory.withMemorySegment(found, bytes -> bytes.get(JAVA_LONG, found.offsetOf(id)));
            }
        }
        // endregion
    }
}
