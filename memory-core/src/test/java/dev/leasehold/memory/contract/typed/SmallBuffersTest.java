package dev.leasehold.memory.contract.typed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leasehold.memory.SystemMemoryManager;
import dev.leasehold.memory.typed.Bytes;
import dev.leasehold.memory.typed.DrainInProgressException;
import dev.leasehold.memory.typed.ElementType;
import dev.leasehold.memory.typed.ObjectPool;
import dev.leasehold.memory.typed.SmallBuffer;
import dev.leasehold.memory.typed.SmallBuffers;
import dev.leasehold.memory.typed.SmallObjectBuffer;
import dev.leasehold.memory.typed.SmallStructBuffer;
import dev.leasehold.memory.typed.SmallStructBuffers;
import dev.leasehold.memory.typed.TypedMemoryClosedException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The small buffers as Java sees them. */
final class SmallBuffersTest {
    @Test
    void longsArePushedAndDrained() {
        SmallBuffer<Long> buffer = SmallBuffer.ofLongs(4);
        for (long value = 0; value < 10; value++) {
            SmallBuffers.pushLong(buffer, value);
        }
        assertEquals(10, buffer.getSize());
        assertEquals(4, buffer.getInlineCapacity());
        assertTrue(buffer.getCapacity() >= 10);
        assertTrue(buffer.getByteSize() > 0);
        var drained = new ArrayList<Long>();
        SmallBuffers.drainLongsWhile(buffer, value -> {
            drained.add(value);
            return value < 3;
        });
        assertEquals(List.of(0L, 1L, 2L, 3L), drained);
        assertEquals(0, buffer.getSize());
        SmallBuffers.pushLong(buffer, 5);
        SmallBuffers.drainLongs(buffer, value -> {
            assertEquals(5, value);
            assertThrows(DrainInProgressException.class, buffer::clear);
        });
        buffer.shrink();
        buffer.clear();
    }

    @Test
    void everyPrimitiveIsPushedAndDrained() {
        var seen = new ArrayList<Object>();
        var bytes = SmallBuffer.ofBytes(1);
        var shorts = SmallBuffer.ofShorts(1);
        var chars = SmallBuffer.ofChars(1);
        var ints = SmallBuffer.ofInts(1);
        var floats = SmallBuffer.ofFloats(1);
        var doubles = SmallBuffer.ofDoubles(1);
        for (int round = 0; round < 2; round++) {
            SmallBuffers.pushByte(bytes, (byte) -1);
            SmallBuffers.pushShort(shorts, (short) -2);
            SmallBuffers.pushChar(chars, 'c');
            SmallBuffers.pushInt(ints, -4);
            SmallBuffers.pushFloat(floats, 0.5f);
            SmallBuffers.pushDouble(doubles, 0.25);
        }
        SmallBuffers.drainBytes(bytes, seen::add);
        SmallBuffers.drainShorts(shorts, seen::add);
        SmallBuffers.drainChars(chars, seen::add);
        SmallBuffers.drainInts(ints, seen::add);
        SmallBuffers.drainFloats(floats, seen::add);
        SmallBuffers.drainDoubles(doubles, seen::add);
        assertEquals(List.of(-1, -1, -2, -2, 99, 99, -4, -4, 0.5, 0.5, 0.25, 0.25), seen);
        SmallBuffers.drainBytesWhile(bytes, value -> true);
        SmallBuffers.drainShortsWhile(shorts, value -> true);
        SmallBuffers.drainCharsWhile(chars, value -> true);
        SmallBuffers.drainIntsWhile(ints, value -> true);
        SmallBuffers.drainFloatsWhile(floats, value -> true);
        SmallBuffers.drainDoublesWhile(doubles, value -> true);
        assertEquals(12, seen.size());
    }

    @Test
    void handlesArePushedAndDrainedAsLongs() {
        try (var pool = ObjectPool.of("java", new Bytes(16))) {
            var buffer = SmallBuffer.ofHandles(2);
            long first = pool.allocateHandle();
            long second = pool.allocateHandle();
            for (long handle : new long[] {first, second, first}) {
                SmallBuffers.pushHandle(buffer, handle);
            }
            assertEquals("handle", buffer.getType().getLayout());
            var drained = new ArrayList<Long>();
            SmallBuffers.drainHandlesWhile(buffer, handle -> {
                drained.add(handle);
                return handle == first;
            });
            assertEquals(List.of(first, second), drained);
            SmallBuffers.pushHandle(buffer, second);
            SmallBuffers.drainHandles(buffer, handle -> assertTrue(pool.free(handle)));
            assertEquals(0, buffer.getSize());
            assertTrue(pool.contains(first));
            assertTrue(pool.free(first));
            assertEquals(0, pool.stats().getLive());
        }
    }

    @Test
    void objectsArePushedAndDrained() {
        var buffer = new SmallObjectBuffer<String>(2);
        for (var text : List.of("a", "b", "c")) {
            buffer.push(text);
        }
        var drained = new ArrayList<String>();
        buffer.drainWhile(text -> {
            drained.add(text);
            return drained.size() < 2;
        });
        buffer.push("d");
        buffer.drain(drained::add);
        assertEquals(List.of("a", "b", "d"), drained);
        assertEquals(0, buffer.getSize());
        buffer.shrink();
        assertEquals(2, buffer.getCapacity());
    }

    @Test
    void elementsOffTheHeapAreMemorySegments() {
        try (var manager = SystemMemoryManager.of("java"); var arena = Arena.ofConfined()) {
            var buffer = new SmallStructBuffer<>(ElementType.LONG, 2, manager);
            SmallStructBuffers.push(buffer, memory -> memory.set(ValueLayout.JAVA_LONG, 0, 1));
            var source = arena.allocate(8, 8);
            source.set(ValueLayout.JAVA_LONG, 0, 2);
            SmallStructBuffers.push(buffer, source);
            SmallStructBuffers.push(buffer, source);
            assertEquals(3, buffer.getSize());
            var drained = new ArrayList<Long>();
            SmallStructBuffers.drain(buffer, memory -> drained.add(memory.get(ValueLayout.JAVA_LONG, 0)));
            assertEquals(List.of(1L, 2L, 2L), drained);
            SmallStructBuffers.push(buffer, source);
            SmallStructBuffers.push(buffer, source);
            SmallStructBuffers.drainWhile(buffer, memory -> {
                drained.add(memory.get(ValueLayout.JAVA_LONG, 0));
                return false;
            });
            assertEquals(4, drained.size());
            buffer.close();
            assertTrue(buffer.isClosed());
            assertThrows(TypedMemoryClosedException.class, () -> SmallStructBuffers.push(buffer, source));
            assertEquals(0, manager.stats().getBlocks());
        }
        try (var plain = new SmallStructBuffer<>(ElementType.INT, 2)) {
            assertEquals(2, plain.getInlineCapacity());
        }
    }
}
