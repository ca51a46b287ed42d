package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MemoryClosedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.ReadOnlySegmentException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.typed.ElementLayoutException
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.MemoryLocation
import dev.leasehold.memory.typed.ReleaseAction
import dev.leasehold.memory.typed.TypedMemoryClosedException
import dev.leasehold.memory.typed.UniqueBuffer
import dev.leasehold.memory.typed.allocateBuffer
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.set
import dev.leasehold.testing.awaitNativeRead
import dev.leasehold.testing.loggedRecords
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldMatch
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_LONG
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.channels.Pipe
import java.nio.file.Files
import java.nio.file.StandardOpenOption.READ
import java.nio.file.StandardOpenOption.WRITE
import java.util.logging.Level

/** What buffers do with memory that was there before them. */
class AdoptedMemorySpec : FunSpec() {
    init {
        test("foreign memory is given back once, with the segment that was adopted, and its views are cut off first") {
            val memory = ForeignMemory(32)
            val buffer = UniqueBuffer.adopt(ElementType.LONG, memory.segment, memory)
            buffer[3] = 7
            memory.segment.get(JAVA_LONG, 24) shouldBe 7
            val view = buffer.view()
            view.asMemorySegment() shouldBeSameInstanceAs buffer.asMemorySegment()
            val slice = view.slice(8, 8)
            buffer.close()
            buffer.close()
            memory.releases shouldBe 1
            shouldThrow<MemoryClosedException> { view.getLong(0) }
            shouldThrow<MemoryClosedException> { slice.setLong(0, 1) }
        }

        test("its action runs once for no bytes at all, and when nobody ever took a view") {
            for (size in listOf(0L, 8L)) {
                val memory = ForeignMemory(size)
                val buffer = UniqueBuffer.adopt(ElementType.LONG, memory.segment, memory)
                buffer.count shouldBe size / 8
                if (size == 0L) buffer.view().size shouldBe 0
                buffer.close()
                buffer.close()
                memory.releases shouldBe 1
            }
        }

        test("an action that throws is reported, and neither the closer nor a second close sees it") {
            for (failure in listOf(IllegalStateException("scripted"), OutOfMemoryError("scripted"))) {
                var runs = 0
                val memory = ForeignMemory(16)
                val records = loggedRecords("the release action of adopted memory") {
                    val buffer = UniqueBuffer.adopt(ElementType.SHORT, memory.segment) {
                        runs++
                        throw failure
                    }
                    buffer[0] = 1
                    buffer.close()
                    buffer.close()
                    buffer.isClosed shouldBe true
                }
                runs shouldBe 1
                val record = records.single()
                record.level shouldBe Level.SEVERE
                record.thrown shouldBeSameInstanceAs failure
                record.message shouldMatch "the release action of adopted memory of 16 bytes at 0x[0-9a-f]+ failed; " +
                    "it is not run again, and its memory may be lost"
                memory.release(memory.segment)
            }
        }

        test("an action that is interrupted leaves its thread interrupted") {
            val records = loggedRecords("the release action of adopted memory") {
                UniqueBuffer.adopt(ElementType.BYTE, MemorySegment.NULL) { throw InterruptedException() }.close()
                Thread.interrupted() shouldBe true
            }
            records.size shouldBe 1
        }

        test("an action may use the buffer, which is closed by then") {
            val memory = ForeignMemory(8)
            lateinit var buffer: UniqueBuffer<Long>
            buffer = UniqueBuffer.adopt(ElementType.LONG, memory.segment) {
                buffer.close()
                buffer.isClosed shouldBe true
                shouldThrow<TypedMemoryClosedException> { buffer.view() }
                memory.release(it)
            }
            buffer.close()
            memory.releases shouldBe 1
        }

        test("memory of an arena keeps its rules: its views end with the arena, and stay with its thread") {
            val arena = Arena.ofConfined()
            val buffer = UniqueBuffer.adopt(ElementType.INT, arena.allocate(16, 4)) { arena.close() }
            val view = buffer.view()
            buffer[1] = 4
            view.getInt(4) shouldBe 4
            buffer.close()
            arena.scope().isAlive shouldBe false
            shouldThrow<MemoryClosedException> { view.getInt(4) }
            shouldThrow<TypedMemoryClosedException> { buffer.view() }
        }

        test("an arena that is closed by others makes the buffer's views throw, and nothing worse") {
            val arena = Arena.ofShared()
            val buffer = UniqueBuffer.adopt(ElementType.INT, arena.allocate(16, 4), ReleaseAction.NOTHING)
            val view = buffer.view()
            arena.close()
            shouldThrow<MemoryClosedException> { view.getInt(0) }
            shouldThrow<MemoryClosedException> { buffer[0] }
            buffer.close()
        }

        test("read-only memory stays so") {
            val memory = ForeignMemory(8)
            val buffer = UniqueBuffer.adopt(ElementType.LONG, memory.segment.asReadOnly(), ReleaseAction.NOTHING)
            shouldThrow<ReadOnlySegmentException> { buffer[0] = 1 }
            buffer.close()
            memory.release(memory.segment)
        }

        test("whether memory is a mapped file or the process's own is read from the memory itself") {
            val file = Files.createTempFile("leasehold", ".bin")
            try {
                FileChannel.open(file, READ, WRITE).use { channel ->
                    val arena = Arena.ofShared()
                    val mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, 64, arena)
                    val buffer = UniqueBuffer.adopt(ElementType.LONG, mapped) { arena.close() }
                    buffer.location shouldBe MemoryLocation.Mapped
                    buffer[0] = 42
                    buffer.toString() shouldBe "UniqueBuffer(8 elements, 64 bytes, Mapped)"
                    val shared = buffer.share()
                    shared.location shouldBe MemoryLocation.Mapped
                    shared.release()!!.let {
                        it.location shouldBe MemoryLocation.Mapped
                        it.free()
                    }
                    shared.location shouldBe MemoryLocation.Mapped
                }
                Files.readAllBytes(file)[0] shouldBe 42
            } finally {
                Files.delete(file)
            }
            val ours = Files.createTempDirectory("leasehold").resolve("ours")
            MappedMemoryManager.create(ours).use { manager ->
                manager.allocateBuffer(ElementType.LONG, 4).use { it.location shouldBe MemoryLocation.Mapped }
            }
            MappedMemoryManager.delete(ours)
            Files.delete(ours.parent)
            MemoryPool.isolated("host").use { pool ->
                UniqueBuffer.adopt(ElementType.LONG, pool.rentShared(16)).use {
                    it.location shouldBe MemoryLocation.Host
                }
            }
        }

        test("a buffer whose view a native call reads into stays open until that has ended") {
            val memory = ForeignMemory(64)
            val unique = UniqueBuffer.adopt(ElementType.BYTE, memory.segment, memory)
            reading(unique.view().asByteBuffer()) {
                shouldThrow<MemoryBusyException> { unique.close() }.message!! shouldMatch
                    "adopted memory of 64 bytes at 0x[0-9a-f]+ is in use by a native call, a transfer or an " +
                    "input/output operation: close its buffer when that has ended"
                unique.isClosed shouldBe false
                val other = UniqueBuffer.adopt(ElementType.BYTE, MemorySegment.NULL, ReleaseAction.NOTHING)
                shouldThrow<MemoryBusyException> { unique.reset(other) }
                unique.count shouldBe 64
                other.isClosed shouldBe false
                other.close()
                val shared = unique.share()
                shouldThrow<MemoryBusyException> { shared.close() }
                shared.ownerCount shouldBe 1
                val released = shared.release()!!
                shouldThrow<MemoryBusyException> { released.free() }
                released.isSettled shouldBe false
                memory.releases shouldBe 0
                unique.reset(UniqueBuffer.adopt(released))
            }
            memory.releases shouldBe 0
            unique.close()
            memory.releases shouldBe 1
        }

        test("a block and a lease belong to the buffer that adopts them") {
            SystemMemoryManager("adopting").use { manager ->
                val block = manager.allocate(24)
                val buffer = UniqueBuffer.adopt(ElementType.LONG, block)
                buffer.count shouldBe 3
                buffer.move().close()
                block.isClosed shouldBe true
                shouldThrow<TypedMemoryClosedException> { UniqueBuffer.adopt(ElementType.LONG, block) }.message!!
                    .shouldMatch(
                        "Block\\(24 bytes at 0x[0-9a-f]+, closed, manager 'adopting'\\) cannot be adopted: let a " +
                            "buffer adopt a block that is open",
                    )
            }
            MemoryPool.isolated("lending").use { pool ->
                val lease = pool.rentShared(24)
                UniqueBuffer.adopt(ElementType.DOUBLE, lease).use { it[2] = 0.5 }
                lease.isClosed shouldBe true
                shouldThrow<TypedMemoryClosedException> { UniqueBuffer.adopt(ElementType.LONG, lease) }.message shouldBe
                    "SharedLease(24 bytes of pool 'lending', closed) cannot be adopted: let a buffer adopt a lease " +
                    "that is open"
            }
        }

        test("what cannot hold such elements is refused, and stays the caller's") {
            SystemMemoryManager("refusing").use { manager ->
                val block = manager.allocate(20)
                fun refusal(action: () -> Any): String = shouldThrow<ElementLayoutException> { action() }.message!!
                refusal { UniqueBuffer.adopt(ElementType.LONG, block) } shouldMatch
                    "Block\\(20 bytes at 0x[0-9a-f]+, 1 reference, manager 'refusing'\\) cannot be adopted as " +
                    "elements of 8 bytes, because it holds no whole number of them: slice or allocate 16 bytes"
                block.isClosed shouldBe false
                val odd = block.keptSegment.slice(1, 16).asMemorySegment()
                refusal { UniqueBuffer.adopt(ElementType.LONG, odd, ReleaseAction.NOTHING) } shouldMatch
                    "memory of 16 bytes at 0x[0-9a-f]+ cannot be adopted as elements of 8 bytes, because it does not " +
                    "lie at a multiple of 8 bytes: allocate it with that alignment"
                block.close()
                val array = MemorySegment.ofArray(LongArray(2))
                refusal { UniqueBuffer.adopt(ElementType.LONG, array, ReleaseAction.NOTHING) } shouldBe
                    "an array of 16 bytes cannot be adopted, because it is the garbage collector's: copy it into a " +
                    "buffer from a manager"
            }
            val gone = Arena.ofConfined().use { it.allocate(8, 8) }
            shouldThrow<TypedMemoryClosedException> {
                UniqueBuffer.adopt(ElementType.LONG, gone, ReleaseAction.NOTHING)
            }.message!! shouldMatch
                "memory of 8 bytes at 0x[0-9a-f]+ cannot be adopted: let a buffer adopt a segment that is open"
        }
    }

    /** Runs [body] while a native call reads into [target], one byte of which it then gets. */
    private fun reading(target: ByteBuffer, body: () -> Unit) {
        val pipe = Pipe.open()
        val reader = Thread.ofPlatform().start { check(pipe.source().read(target) == 1) }
        try {
            awaitNativeRead(reader)
            body()
        } finally {
            check(pipe.sink().write(ByteBuffer.wrap(byteArrayOf(7))) == 1)
            reader.join()
            pipe.source().close()
            pipe.sink().close()
        }
    }
}
