package dev.leasehold.memory.contract.typed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leasehold.memory.Memory;
import dev.leasehold.memory.MemoryPool;
import dev.leasehold.memory.SystemMemoryManager;
import dev.leasehold.memory.typed.ElementBoundsException;
import dev.leasehold.memory.typed.ElementLayoutException;
import dev.leasehold.memory.typed.ElementType;
import dev.leasehold.memory.typed.MemoryLocation;
import dev.leasehold.memory.typed.ReleaseAction;
import dev.leasehold.memory.typed.ReleasedBuffer;
import dev.leasehold.memory.typed.SharedBuffer;
import dev.leasehold.memory.typed.StructArray;
import dev.leasehold.memory.typed.TypedBuffer;
import dev.leasehold.memory.typed.TypedBuffers;
import dev.leasehold.memory.typed.TypedMemoryClosedException;
import dev.leasehold.memory.typed.UniqueBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The buffers as Java sees them. */
final class TypedBuffersTest {
    @Test
    void aManagerAllocatesBuffersThatAreReadAndWrittenByIndex() {
        try (var manager = SystemMemoryManager.of("java");
             UniqueBuffer<Float> floats = TypedBuffers.allocateBuffer(manager, ElementType.FLOAT, 3);
             var longs = TypedBuffers.allocateZeroedBuffer(manager, ElementType.LONG, 2)) {
            TypedBuffers.setFloat(floats, 2, 1.5f);
            assertEquals(1.5f, TypedBuffers.getFloat(floats, 2));
            assertEquals(0, TypedBuffers.getLong(longs, 1));
            assertEquals(1.5f, floats.asMemorySegment().getAtIndex(ValueLayout.JAVA_FLOAT, 2));
            assertEquals(3, floats.getCount());
            assertEquals(12, floats.getByteSize());
            assertSame(ElementType.FLOAT, floats.getType());
            assertSame(MemoryLocation.Host.INSTANCE, floats.getLocation());
        }
    }

    @Test
    void everyPrimitiveHasAGetAndASet() {
        try (var manager = SystemMemoryManager.of("java");
             var bytes = TypedBuffers.allocateBuffer(manager, ElementType.BYTE, 1);
             var shorts = TypedBuffers.allocateBuffer(manager, ElementType.SHORT, 1);
             var chars = TypedBuffers.allocateBuffer(manager, ElementType.CHAR, 1);
             var ints = TypedBuffers.allocateBuffer(manager, ElementType.INT, 1);
             var longs = TypedBuffers.allocateBuffer(manager, ElementType.LONG, 1);
             var doubles = TypedBuffers.allocateBuffer(manager, ElementType.DOUBLE, 1)) {
            TypedBuffers.setByte(bytes, 0, (byte) 1);
            TypedBuffers.setShort(shorts, 0, (short) 2);
            TypedBuffers.setChar(chars, 0, 'c');
            TypedBuffers.setInt(ints, 0, 4);
            TypedBuffers.setLong(longs, 0, 5);
            TypedBuffers.setDouble(doubles, 0, 6.5);
            assertEquals(1, TypedBuffers.getByte(bytes, 0));
            assertEquals(2, TypedBuffers.getShort(shorts, 0));
            assertEquals('c', TypedBuffers.getChar(chars, 0));
            assertEquals(4, TypedBuffers.getInt(ints, 0));
            assertEquals(5, TypedBuffers.getLong(longs, 0));
            assertEquals(6.5, TypedBuffers.getDouble(doubles, 0));
        }
    }

    @Test
    void structsAreSeenAsAnArrayAndAsMemory() {
        var type = StructSubjects.Vec3.INSTANCE;
        try (var manager = SystemMemoryManager.of("java")) {
            UniqueBuffer<StructSubjects.Vec3> buffer = TypedBuffers.allocateZeroedBuffer(manager, type, 4);
            StructArray<StructSubjects.Vec3> vectors = TypedBuffers.structElements(buffer);
            assertEquals(4, vectors.getSize());
            TypedBuffers.getStruct(buffer, 3).set(ValueLayout.JAVA_FLOAT, 8, 1.5f);
            vectors.swap(0, 3);
            assertEquals(1.5f, buffer.asMemorySegment().getAtIndex(ValueLayout.JAVA_FLOAT, 2));
            TypedBuffers.setStruct(buffer, 1, TypedBuffers.getStruct(buffer, 0));
            assertEquals(1.5f, buffer.asMemorySegment().getAtIndex(ValueLayout.JAVA_FLOAT, 5));
            assertThrows(ElementBoundsException.class, () -> TypedBuffers.getStruct(buffer, 4));
            buffer.close();
            assertThrows(TypedMemoryClosedException.class, () -> TypedBuffers.structElements(buffer));
            assertThrows(TypedMemoryClosedException.class, () -> TypedBuffers.getStruct(buffer, 0));
        }
    }

    @Test
    void ownershipMovesIsSharedReleasedAndAdoptedAgain() {
        try (var manager = SystemMemoryManager.of("java")) {
            UniqueBuffer<Integer> first = TypedBuffers.allocateBuffer(manager, ElementType.INT, 4);
            TypedBuffers.setInt(first, 3, 7);
            UniqueBuffer<Integer> second = first.move();
            assertTrue(first.isClosed());
            assertThrows(TypedMemoryClosedException.class, first::asMemorySegment);
            UniqueBuffer<Integer> other = TypedBuffers.allocateBuffer(manager, ElementType.INT, 1);
            second.swap(other);
            other.swap(second);
            other.reset(TypedBuffers.allocateBuffer(manager, ElementType.INT, 2));
            other.close();
            SharedBuffer<Integer> shared = second.share();
            try (SharedBuffer<Integer> copy = shared.copy()) {
                assertEquals(2, copy.getOwnerCount());
                assertNull(shared.release());
            }
            ReleasedBuffer<Integer> released = shared.release();
            assertNotNull(released);
            assertFalse(released.isSettled());
            assertEquals(7, released.asMemorySegment().getAtIndex(ValueLayout.JAVA_INT, 3));
            SharedBuffer<Integer> again = SharedBuffer.adopt(released);
            ReleasedBuffer<Integer> last = again.release();
            assertNotNull(last);
            try (TypedBuffer<Integer> unique = UniqueBuffer.adopt(last)) {
                assertEquals(7, TypedBuffers.getInt(unique, 3));
            }
            UniqueBuffer<Integer> forgotten = TypedBuffers.allocateBuffer(manager, ElementType.INT, 4);
            ReleasedBuffer<Integer> freed = forgotten.release();
            freed.getReleaseAction().release(MemorySegment.NULL);
            freed.free();
            assertTrue(freed.isSettled());
            assertEquals(0, manager.stats().getBlocks());
        }
    }

    @Test
    void foreignMemoryComesWithItsReleaseAction() {
        var runs = new AtomicInteger();
        var arena = Arena.ofShared();
        ReleaseAction action = memory -> {
            assertEquals(16, memory.byteSize());
            runs.incrementAndGet();
            arena.close();
        };
        try (var buffer = UniqueBuffer.adopt(ElementType.DOUBLE, arena.allocate(16, 8), action)) {
            TypedBuffers.setDouble(buffer, 1, 0.25);
            assertEquals(0.25, TypedBuffers.getDouble(buffer, 1));
        }
        assertEquals(1, runs.get());
        assertThrows(
            ElementLayoutException.class,
            () -> UniqueBuffer.adopt(ElementType.LONG, MemorySegment.ofArray(new long[1]), ReleaseAction.NOTHING));
    }

    @Test
    void blocksLeasesAndPoolsMakeBuffers() {
        try (var manager = SystemMemoryManager.of("java");
             var pool = MemoryPool.isolated("java");
             var chunks = MemoryPool.fixed("java", 64, 2)) {
            try (var block = UniqueBuffer.adopt(ElementType.LONG, manager.allocate(16));
                 var lease = UniqueBuffer.adopt(ElementType.LONG, Memory.rentShared(pool, 16));
                 var rented = TypedBuffers.rentBuffer(pool, ElementType.LONG, 2);
                 var chunk = TypedBuffers.rentBuffer(chunks, ElementType.LONG)) {
                assertEquals(2, block.getCount());
                assertEquals(2, lease.getCount());
                assertEquals(2, rented.getCount());
                assertEquals(8, chunk.getCount());
            }
        }
    }
}
