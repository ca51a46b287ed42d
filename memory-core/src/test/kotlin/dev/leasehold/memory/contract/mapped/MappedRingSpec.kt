package dev.leasehold.memory.contract.mapped

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.InvalidTimeoutException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MappedFileFormatException
import dev.leasehold.memory.MappedFileReadOnlyException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.internal.mapped.RingLayout
import dev.leasehold.memory.mapped.MappedLock
import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedRing
import dev.leasehold.memory.mapped.MappedRingTimeoutException
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.memory.support.failureOn
import dev.leasehold.memory.support.together
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.throwables.shouldThrowAny
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_LONG
import java.nio.file.Path
import java.util.concurrent.atomic.AtomicLong
import java.util.function.Consumer
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import java.time.Duration as JavaDuration

class MappedRingSpec : FunSpec() {
    /** A file with two sessions, as of two processes, and the ring that each has opened. */
    private class Two(val path: Path) : AutoCloseable {
        val here: MappedMemoryManager = MappedFiles.open(path)
        val there: MappedMemoryManager = MappedFiles.open(path)
        val mine: MappedRing = MappedRing.open(here, "ring", 200)
        val other: MappedRing = MappedRing.open(there, "ring", 4096)

        override fun close() {
            here.close()
            there.close()
            MappedMemory.verify(path).faults.shouldBeEmpty()
        }
    }

    private fun two(action: Two.() -> Unit): Unit = MappedFiles.withPath { path -> Two(path).use(action) }

    private fun MappedRing.put(value: Long) = tryWrite(8) { it.setLong(0, value) }

    private fun MappedRing.all(): List<Long> = buildList { drain { add(it.getLong(0)) } }

    init {
        test("chunks of any size are read in the order in which they were written, by another session") {
            two {
                mine.capacity shouldBe 256
                other.capacity shouldBe 256
                mine.maxChunk shouldBe 112
                repeat(50) { round ->
                    val size = round * 7L % 105 + 8
                    mine.tryWrite(size) { segment ->
                        segment.size shouldBe size
                        segment.setLong(0, round.toLong())
                    } shouldBe true
                    mine.tryWrite(0) {} shouldBe true
                    other.tryRead { segment ->
                        segment.size shouldBe size
                        segment.getLong(0) shouldBe round.toLong()
                    } shouldBe true
                    other.tryRead { it.size shouldBe 0 } shouldBe true
                    other.tryRead { error("there is none") } shouldBe false
                }
                mine.toString() shouldBe "MappedRing 'ring' of 256 bytes in $path"
            }
        }

        test("what was written is there when the file is opened again") {
            MappedFiles.withPath { path ->
                MappedFiles.open(path).use { manager ->
                    val ring = MappedRing.open(manager, "ring", 1000)
                    repeat(3) { ring.put(it.toLong()) }
                    ring.usedBytes shouldBe 3 * 32
                }
                MappedMemory.verify(path).faults.shouldBeEmpty()
                MappedFiles.open(path).use { MappedRing.open(it, "ring", 1).all() shouldContainExactly listOf(0, 1, 2) }
            }
        }

        test("a full ring refuses, and one that is read has room again") {
            two {
                var count = 0L
                while (mine.put(count)) count++
                count shouldBe 8
                mine.tryWrite(8, 5.milliseconds) { error("no room") } shouldBe false
                shouldThrow<MappedRingTimeoutException> { mine.write(8, 5.milliseconds) {} }.message shouldBe
                    "the ring 'ring' of the file $path had no room for a chunk of 8 bytes within 5 ms (256 of 256 " +
                    "bytes are written and not yet read): read sooner, make the ring larger, or wait longer"
                other.drain(2) {} shouldBe 2
                mine.put(8) shouldBe true
                other.all() shouldContainExactly (2L..8L).toList()
                shouldThrow<MappedRingTimeoutException> { mine.read(5.milliseconds) {} }.message shouldBe
                    "the ring 'ring' of the file $path got no chunk within 5 ms: write sooner, or wait longer"
                mine.tryRead(JavaDuration.ofMillis(5)) { _ -> error("there is none") } shouldBe false
            }
        }

        test("the action of a write that throws leaves no chunk, and that of a read has read one") {
            two {
                shouldThrow<ArithmeticException> { mine.write(8) { throw ArithmeticException() } }
                mine.put(1)
                mine.put(2)
                shouldThrow<ArithmeticException> { other.read { throw ArithmeticException() } }
                other.all() shouldContainExactly listOf(2)
            }
        }

        test("a chunk that is being filled holds back those behind it, and one that is being read does not") {
            two {
                mine.write(8) { first ->
                    mine.put(2)
                    other.tryRead { error("not yet") } shouldBe false
                    first.setLong(0, 1)
                }
                mine.read { chunk ->
                    other.tryRead { it.getLong(0) shouldBe 2 } shouldBe true
                    chunk.getLong(0) shouldBe 1
                }
                mine.tryRead {} shouldBe false
            }
        }

        test("a view is exact, ends with its action, and that of a read cannot be written") {
            two {
                var kept: Segment? = null
                mine.write(16) { segment ->
                    kept = segment
                    shouldThrow<SegmentBoundsException> { segment.setLong(9, 1) }
                }
                shouldThrowAny { kept!!.setLong(0, 1) }
                other.read { segment ->
                    kept = segment
                    shouldThrowAny { segment.setLong(0, 1) }
                }
                shouldThrowAny { kept!!.getLong(0) }
            }
        }

        test("misuse is refused, and changes nothing") {
            two {
                shouldThrow<InvalidSizeException> { mine.write(113) {} }.message shouldBe
                    "the ring 'ring' of the file $path of 256 bytes has chunks from 0 to 112 bytes, and one of 113 " +
                    "bytes was requested: write less at a time, or make the ring larger"
                shouldThrow<InvalidSizeException> { mine.tryWrite(-1) {} }
                shouldThrow<InvalidSizeException> { MappedRing.open(here, "none", 0) }.message shouldBe
                    "a ring has from 1 byte to 1,099,511,627,776 bytes for chunks, and 0 bytes were requested for " +
                    "'none'"
                shouldThrow<InvalidTimeoutException> { mine.tryRead(0.seconds) {} }.message shouldBe
                    "a timeout must be positive, and was 0 ns; tryRead without one does not wait"
                MappedLock.open(here, "lock")
                shouldThrow<MappedFileFormatException> { MappedRing.open(there, "lock", 64) }.message shouldBe
                    "the root 'lock' of the file $path leads to no ring of this version"
                there.close()
                shouldThrow<ManagerClosedException> { other.tryRead {} }.message shouldBe
                    "the manager of the file $path is closed: lock, signal, read and write while it is open"
                MappedMemoryManager.openReadOnly(path).use { reading ->
                    shouldThrow<MappedFileReadOnlyException> { MappedRing.open(reading, "ring", 64) }
                }
            }
        }

        test("those that wait go on when there is a chunk, or room, or an interrupt") {
            two {
                val sum = AtomicLong()
                val readers = listOf(Thread.ofVirtual(), Thread.ofPlatform()).map { builder ->
                    builder.start { repeat(50) { other.read { chunk -> sum.addAndGet(chunk.getLong(0)) } } }
                }
                repeat(100) { mine.write(8) { chunk -> chunk.setLong(0, 1) } }
                readers.forEach(Thread::join)
                sum.get() shouldBe 100
                failureOn("a reader") {
                    Thread.currentThread().interrupt()
                    mine.read {}
                }.shouldBeInstanceOf<InterruptedException>()
                while (mine.put(0)) continue
                failureOn("a writer") {
                    Thread.currentThread().interrupt()
                    mine.write(8) { it.setLong(0, 6) }
                }.shouldBeInstanceOf<InterruptedException>()
                val writer = Thread.ofPlatform().start { mine.write(8) { it.setLong(0, 5) } }
                Thread.sleep(5)
                other.tryRead { it.getLong(0) shouldBe 0 }
                writer.join()
                other.all().last() shouldBe 5
            }
        }

        test("a dead writer's chunk is skipped, and a dead reader's is read again") {
            two {
                val third = MappedFiles.open(path)
                val dead = MappedRing.open(third, "ring", 1)
                repeat(3) { mine.put(it.toLong()) }
                dead.tryRead {}
                shouldThrowAny {
                    dead.read { chunk ->
                        chunk.getLong(0) shouldBe 1
                        shouldThrowAny {
                            dead.write(8) {
                                mine.put(4)
                                MappedFiles.kill(third.session)
                            }
                        }
                    }
                }
                // By then it is time to ask whether the reader lives.
                Thread.sleep(5)
                other.all() shouldContainExactly listOf(1, 2, 4)
                mine.tryWrite(112) {} shouldBe true
                other.drain { it.size shouldBe 112 } shouldBe 1
                third.close()
            }
        }

        test("a ring is opened once by all") {
            MappedFiles.withPath { path ->
                val managers = List(3) { MappedFiles.open(path) }
                together(6) { MappedRing.open(managers[it % 3], "ring ${it / 3}", 4096).put(it.toLong()) }
                List(2) { MappedRing.open(managers[0], "ring $it", 1).all().size } shouldContainExactly listOf(3, 3)
                managers.forEach(MappedMemoryManager::close)
                MappedMemory.verify(path).blocks shouldBe 2
            }
        }

        test("words that no ring has are found, and refused") {
            MappedFiles.withPath { path ->
                MappedFiles.open(path).use { manager ->
                    val ring = MappedRing.open(manager, "ring", 256)
                    ring.put(1)
                    val words = manager.session.words
                    val at = checkNotNull(manager.placeOf(manager.roots["ring"])).offset
                    MappedFiles.faults(manager.session).shouldBeEmpty()
                    val offsets = listOf(
                        RingLayout.CAPACITY_AT,
                        RingLayout.HEAD_AT,
                        RingLayout.TAIL_AT,
                        RingLayout.CHUNKS_AT,
                        RingLayout.CHUNKS_AT + RingLayout.SIZE_AT,
                    )
                    for (offset in offsets) {
                        val before = words.get(at + offset)
                        words.set(at + offset, 1L shl 41)
                        MappedFiles.faults(manager.session) shouldHaveSize 1
                        words.set(at + offset, before)
                    }
                    words.set(at + RingLayout.CHUNKS_AT + RingLayout.SIZE_AT, 4000)
                    shouldThrowAny { ring.tryRead {} }.message shouldBe
                        "the file $path is damaged at ${at + RingLayout.CHUNKS_AT}: a chunk of a ring cannot have " +
                        "4000 bytes; MappedMemory.verify tells all that is"
                }
            }
        }

        test("Java writes and reads segments") {
            two {
                mine.write(8, Consumer<MemorySegment> { it.set(JAVA_LONG, 0, 7) })
                mine.tryWrite(8, JavaDuration.ofSeconds(1)) { it.set(JAVA_LONG, 0, 8) } shouldBe true
                val found = ArrayList<Long>()
                other.read(JavaDuration.ofSeconds(1)) { found.add(it.get(JAVA_LONG, 0)) }
                other.drain(5, Consumer<MemorySegment> { found.add(it.get(JAVA_LONG, 0)) }) shouldBe 1
                found shouldContainExactly listOf(7, 8)
            }
        }
    }
}
