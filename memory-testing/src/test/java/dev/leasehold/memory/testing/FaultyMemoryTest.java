package dev.leasehold.memory.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leasehold.memory.Memory;
import dev.leasehold.memory.MemoryExhaustedException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a Java program writes. That it compiles is half of what it proves. */
class FaultyMemoryTest {
    @Test
    void aScriptRefusesAndDelaysTheCallsItNames() {
        var faulty = FaultyMemory.of(script -> {
            script.refuse(2);
            script.delay(3, Duration.ofMillis(20));
            script.delayAll(Duration.ofNanos(1), 3);
            script.refuseAll(3);
        });
        try (var pool = faulty.pool("orders", options -> options.setLimit(1 << 20))) {
            Memory.rent(pool, 100).close();
            assertThrows(MemoryExhaustedException.class, () -> Memory.rent(pool, 100));
            long before = System.nanoTime();
            Memory.rent(pool, 100).close();
            assertTrue(System.nanoTime() - before >= 20_000_000);
            assertNull(Memory.tryRent(pool, 100));
        }
        assertEquals(4, faulty.getCalls());
        assertEquals(2, faulty.getRefusals());
    }

    @Test
    void everyKindOfPoolAndManagerFollowsIt() {
        var faulty = FaultyMemory.of();
        try (var pool = faulty.pool("orders");
                var frames = faulty.fixed("frames", 100, 2);
                var secrets = faulty.fixed("secrets", 100, 2, 16, options -> options.setTraceSites(true));
                var cache = faulty.manager("cache");
                var index = faulty.manager("index", options -> options.setLimit(1 << 20))) {
            faulty.script(FaultScript::refuseAll);
            assertNull(Memory.tryRent(pool, 100));
            assertNull(Memory.tryRent(frames, 100));
            assertNull(Memory.tryRent(secrets, 100));
            assertThrows(MemoryExhaustedException.class, () -> cache.allocate(100));
            assertThrows(MemoryExhaustedException.class, () -> index.allocate(100));
            faulty.script(FaultScript::refusePages);
            assertThrows(MemoryExhaustedException.class, () -> index.allocate(100));
            faulty.script(script -> {});
            try (var block = index.allocate(100)) {
                assertNotNull(block);
            }
        }
    }
}
