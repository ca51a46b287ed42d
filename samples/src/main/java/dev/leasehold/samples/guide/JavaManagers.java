package dev.leasehold.samples.guide;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.leasehold.memory.Block;
import dev.leasehold.memory.Memory;
import dev.leasehold.memory.MemoryManager;
import dev.leasehold.memory.SystemMemoryManager;
import java.util.concurrent.ExecutorService;

/** The Java snippets on managers and blocks. What stands between a region's comments is what docs/guide.md shows. */
final class JavaManagers {
    private JavaManagers() {
    }

    static long own() {
        // region java managers
        try (var index = SystemMemoryManager.of("index", options -> options.setLimit(64L << 20));
             var numbers = Memory.allocate(index, JAVA_LONG, 128)) { // 128 longs, aligned
            return Memory.withMemorySegment(numbers, bytes -> {
                bytes.setAtIndex(JAVA_LONG, 127, 42);
                return bytes.getAtIndex(JAVA_LONG, 127);
            });
        } // What was opened last is closed first: the block before its manager.
        // endregion
    }

    static void handOver(MemoryManager manager, ExecutorService workers) {
        // region java retain
        try (var page = manager.allocate(1024)) {
            page.retain(); // the worker's reference
            workers.execute(() -> {
                try (page) {
                    Memory.withMemorySegment(page, bytes -> bytes.fill((byte) 1));
                }
            });
        } // Gives yours back; the last close frees the memory.
        // endregion
    }

    static Block grow(MemoryManager manager) {
        // region java resize
        var rows = manager.allocate(64 << 10);
        rows = rows.resize(96 << 10, true); // go on with the returned block; true: what is new is zero
        // endregion
        return rows;
    }

    static SystemMemoryManager checked() {
        // region java checked
        var images = SystemMemoryManager.of("images", options -> options.setChecked(true)); // traces sites, too
        // endregion
        return images;
    }

    static void takeBack(MemoryManager manager) {
        // region java clear
        var frame = manager.allocate(4096);
        manager.clear();
        frame.close(); // does nothing
        // endregion
    }
}
