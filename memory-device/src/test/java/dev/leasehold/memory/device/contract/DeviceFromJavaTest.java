package dev.leasehold.memory.device.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.leasehold.memory.HostAccessException;
import dev.leasehold.memory.MemoryManager;
import dev.leasehold.memory.device.DeviceMemoryManager;
import dev.leasehold.memory.device.Devices;
import dev.leasehold.memory.device.Transfers;
import dev.leasehold.memory.typed.ElementType;
import dev.leasehold.memory.typed.MemoryLocation;
import dev.leasehold.memory.typed.TypedBuffers;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A device from plain Java")
class DeviceFromJavaTest {
    @Test
    @DisplayName("takes memory on it, moves numbers there and back, and waits for what was begun")
    void roundTrip() {
        var devices = Devices.list();
        assumeFalse(devices.isEmpty(), devices::toString);
        var device = devices.getFirst();
        try (var gpu = DeviceMemoryManager.of("java", device, options -> options.setLimit(16L << 20));
                var host = TypedBuffers.allocateBuffer(MemoryManager.system(), ElementType.INT, 100);
                var there = gpu.allocateBuffer(ElementType.INT, 100)) {
            host.asMemorySegment().set(ValueLayout.JAVA_INT, 0, 42);
            Transfers.copyTo(host, there);
            Transfers.fill(host, (byte) 0);
            Transfers.copyToAsync(there, host).join();
            assertEquals(42, host.asMemorySegment().get(ValueLayout.JAVA_INT, 0));
            assertEquals(new MemoryLocation.Device(device.getIndex()), there.getLocation());
            assertThrows(HostAccessException.class, there::asMemorySegment);
            try (var back = Transfers.toHost(there)) {
                assertEquals(42, back.asMemorySegment().get(ValueLayout.JAVA_INT, 0));
            }
        }
    }
}
