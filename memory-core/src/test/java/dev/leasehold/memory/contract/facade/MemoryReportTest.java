package dev.leasehold.memory.contract.facade;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpHandler;
import dev.leasehold.memory.MemoryBudget;
import dev.leasehold.memory.MemoryConfigurationException;
import dev.leasehold.memory.diagnostics.MemoryHistory;
import dev.leasehold.memory.diagnostics.MemoryReport;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The report of memory as Java sees it. */
final class MemoryReportTest {
    @Test
    void aPageIsWritten(@TempDir Path folder) throws IOException {
        var path = folder.resolve("memory.html");
        MemoryReport.html(path);
        assertTrue(Files.readString(path).startsWith("<!doctype html>"));
        try (var budget = MemoryBudget.of("orders");
             var history = MemoryHistory.record(budget, Duration.ofMillis(10), 100)) {
            MemoryReport.html(path, budget, history);
            assertTrue(Files.readString(path).contains("app › orders"));
            assertTrue(history.getSize() > 0);
        }
    }

    @Test
    void aPageIsServed() throws IOException {
        HttpHandler handler = MemoryReport.handler();
        assertTrue(handler != null);
        try (var server = MemoryReport.serve()) {
            assertEquals(server.getPort(), server.getUri().getPort());
        }
        try (var server = MemoryReport.serve(0, InetAddress.getLoopbackAddress())) {
            assertTrue(server.getPort() > 0);
        }
        assertThrows(MemoryConfigurationException.class, () -> MemoryReport.serve(-1));
    }

    @Test
    void aHistoryOfTheProcessIsRecorded() {
        try (var history = MemoryHistory.record()) {
            assertEquals(1, history.getSize());
        }
    }
}
