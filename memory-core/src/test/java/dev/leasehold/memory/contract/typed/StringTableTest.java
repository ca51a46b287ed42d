package dev.leasehold.memory.contract.typed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leasehold.memory.SystemMemoryManager;
import dev.leasehold.memory.typed.StringTable;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a Java program writes with interned strings. */
final class StringTableTest {
    @Test
    void aStringHasANumberAndANumberAString() {
        try (var manager = SystemMemoryManager.of("java"); var table = StringTable.of(manager, 10, 100)) {
            int ada = table.intern("Ada");
            int grace = table.intern("Grace".getBytes(UTF_8));
            assertEquals(ada, table.intern("Ada"));
            assertEquals("Grace", table.get(grace));
            assertEquals(grace, table.idOf("Grace"));
            assertEquals(ada, table.idOf("Ada".getBytes(UTF_8)));
            assertTrue(table.contains("Ada"));
            assertFalse(table.contains("Alan"));
            assertEquals(3, table.asMemorySegment(ada).byteSize());
            assertEquals(8, table.getTextSize());
            var all = new ArrayList<String>();
            for (var text : table) all.add(text);
            assertEquals(List.of("Ada", "Grace"), all);
            table.reserveText(1000);
            table.reserve(1000);
            assertTrue(table.getCapacity() >= 1000);
            table.shrink();
            table.clear();
            assertEquals(0, table.getSize());
        }
    }

    @Test
    void aReleasedTableIsOpenedAgain() {
        try (var manager = SystemMemoryManager.of("java")) {
            var table = StringTable.of(manager);
            table.intern("kept");
            try (var again = StringTable.open(table.release())) {
                assertEquals(0, again.idOf("kept"));
            }
            assertEquals(0, manager.stats().getBlocks());
        }
    }
}
