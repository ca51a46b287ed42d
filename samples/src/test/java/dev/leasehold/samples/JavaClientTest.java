package dev.leasehold.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leasehold.memory.MemoryPool;
import dev.leasehold.samples.service.MeasurementService;
import dev.leasehold.samples.service.ServiceMemory;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class JavaClientTest {
    @Test
    void theServiceAnswersTheJavaClientAndAllMemoryComesBack() throws IOException {
        try (var pool = MemoryPool.isolated("java-client-test"); var memory = new ServiceMemory(8 << 20)) {
            try (var service = MeasurementService.start(memory)) {
                var answer = new JavaClient(pool).send(service.getPort(), 3 * 1999 * 5);
                var each = "=-99.9/0.0/99.9";
                assertEquals(
                    "{Kardal" + each + ", São Velum" + each + ", Ørhavn" + each + ", Čestva" + each
                        + ", 青嶺町" + each + "}",
                    answer);
            }
            assertEquals(0, pool.stats().getUsed());
        }
    }

    @Test
    void aServiceIsSentNothingAndAnswersWithNothing() throws IOException {
        try (var pool = MemoryPool.isolated("java-client-test");
             var memory = new ServiceMemory(8 << 20);
             var service = MeasurementService.start(memory)) {
            assertEquals("{}", new JavaClient(pool).send(service.getPort(), 0));
        }
    }
}
