package dev.leasehold.memory.contract.facade;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leasehold.memory.permanent.AddressRange;
import dev.leasehold.memory.permanent.AddressRangeExhaustedException;
import dev.leasehold.memory.permanent.AddressSpace;
import dev.leasehold.memory.permanent.PermanentMemory;
import dev.leasehold.memory.permanent.PermanentMemoryFullException;
import dev.leasehold.memory.permanent.PermanentTable;
import dev.leasehold.memory.permanent.ProcessGoneException;
import dev.leasehold.memory.permanent.ProcessMemory;
import dev.leasehold.memory.typed.Struct;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What a Java program writes with permanent memory. That it compiles is half of what it proves. */
final class PermanentMemoryTest {
    public record Point(int x, int y) {}

    @Test
    void bytesSegmentsAndRecordsAreAppended() {
        PermanentMemory memory = PermanentMemory.obtain(1024, AddressRange.LOW_4_GIB, 64);
        assertTrue(AddressRange.LOW_4_GIB.contains(memory.getBase()));
        long address = memory.append("hello".getBytes(StandardCharsets.UTF_8));
        assertEquals('e', memory.asMemorySegment(address, 5).get(JAVA_BYTE, 1));
        try (var arena = Arena.ofConfined()) {
            MemorySegment source = arena.allocateFrom("world");
            long copy = memory.append(source, 8);
            assertEquals(0, copy % 8);
            assertEquals("world", memory.asMemorySegment(copy, 6).getString(0));
        }
        var point = Struct.of(Point.class);
        long placed = memory.append(point, new Point(3, 4));
        assertEquals(new Point(3, 4), point.get(memory.asMemorySegment(placed, 8), 0));
    }

    @Test
    void roomIsReservedAndFilled() {
        PermanentMemory memory = PermanentMemory.obtain(64);
        MemorySegment room = memory.reserveMemorySegment(16, 8);
        room.set(JAVA_LONG_UNALIGNED, 8, 42);
        assertEquals(42, memory.asMemorySegment(room.address(), 16).get(JAVA_LONG_UNALIGNED, 8));
        assertTrue(memory.holds(room.address(), 16));
    }

    @Test
    void whatDoesNotFitIsNullOrAnException() {
        PermanentMemory memory = PermanentMemory.obtainPrivate(64);
        assertFalse(memory.canFit(memory.getSize() + 1));
        assertNull(memory.tryAppend(new byte[(int) memory.getSize() + 1]));
        assertNull(memory.tryReserveMemorySegment(memory.getSize() + 1));
        assertThrows(PermanentMemoryFullException.class, () -> memory.reserveMemorySegment(memory.getSize() + 1));
        assertThrows(
                AddressRangeExhaustedException.class, () -> PermanentMemory.obtain(1, AddressRange.between(0, 0xfff)));
    }

    @Test
    void appendersAndExclusiveRoom() {
        PermanentMemory memory = PermanentMemory.obtainPrivate(1 << 20);
        try (var appender = memory.appender()) {
            long first = appender.append(new byte[8]);
            assertEquals(first + 8, appender.append(new byte[8]));
        }
        long distance = memory.exclusively(16, 8, room -> -room.append(new byte[8]) + room.append(new byte[8]));
        assertEquals(8, distance);
    }

    @Test
    void tablesAndOtherProcesses() {
        PermanentTable table = PermanentTable.obtain("java");
        long number = table.append(new byte[] {1, 2, 3});
        assertEquals(3, table.asMemorySegment(number).byteSize());
        assertNotNull(PermanentTable.find("java"));
        long own = ProcessHandle.current().pid();
        try (var itself = ProcessMemory.open(own)) {
            assertEquals(PermanentMemory.buffers().size(), itself.buffers().size());
            PermanentTable same = itself.table("java");
            assertNotNull(same);
            assertEquals(table.getSize(), same.getSize());
            byte[] copy = new byte[3];
            itself.read(table.addressOf(number), MemorySegment.ofArray(copy));
            assertEquals(3, copy[2]);
        }
        assertThrows(ProcessGoneException.class, () -> ProcessMemory.open(-1));
    }

    @Test
    void privateMemoryIsAResource() {
        long place = AddressSpace.findLocation(4096, AddressRange.around(0x2000_0000_0000L, 1 << 20));
        try (var memory = AddressSpace.allocatePrivate(4096, AddressRange.between(place, place + 4095))) {
            assertEquals(place, memory.getAddress());
            assertEquals(0, memory.asMemorySegment().get(JAVA_BYTE, 4095));
            assertTrue(AddressSpace.regions().stream().anyMatch(region -> region.getRange().contains(place)));
        }
    }
}
