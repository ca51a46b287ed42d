package dev.leasehold.samples.guide;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.leasehold.memory.Memory;
import dev.leasehold.memory.mapped.MappedCodec;
import dev.leasehold.memory.mapped.MappedDictionary;
import dev.leasehold.memory.mapped.MappedLock;
import dev.leasehold.memory.mapped.MappedMemoryManager;
import dev.leasehold.memory.mapped.MappedRing;
import java.nio.file.Path;
import java.time.Duration;

/** The guide's Java snippet on mapped memory. What stands between a region's comments is what docs/guide.md shows. */
final class JavaMapped {
    private JavaMapped() {
    }

    static long keep(Path path) {
        // region java mapped
        try (var manager = MappedMemoryManager.openOrCreate(path, options -> options.setMaxSize(1L << 30))) {
            try (var block = manager.allocate(1024)) {
                Memory.withMemorySegment(block, bytes -> {
                    bytes.set(JAVA_LONG, 0, 42);
                    return null;
                });
                manager.getRoots().set("answer", block);
            }
            var stock = MappedDictionary.open(manager, "stock", MappedCodec.STRING, MappedCodec.LONG);
            stock.set("apples", 12L);
            return stock.get("apples");
        }
        // endregion
    }

    static long[] share(MappedMemoryManager manager) throws InterruptedException {
        // region java mapped lock
        var lock = MappedLock.open(manager, "orders");
        try (var hold = lock.exclusive(Duration.ofSeconds(5))) {
            manager.setUserWord(0, manager.userWord(0) + 1);
        }
        var ring = MappedRing.open(manager, "events", 4096);
        ring.write(8, bytes -> bytes.set(JAVA_LONG, 0, 42));
        ring.read(bytes -> manager.setUserWord(1, bytes.get(JAVA_LONG, 0)));
        // endregion
        return new long[] {manager.userWord(0), manager.userWord(1)};
    }
}
