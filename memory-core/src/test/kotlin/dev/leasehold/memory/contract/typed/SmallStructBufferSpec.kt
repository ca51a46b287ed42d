package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.MemoryClosedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.support.ManagerFixtures
import dev.leasehold.memory.typed.DrainInProgressException
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.SmallStructBuffer
import dev.leasehold.memory.typed.TypedMemoryClosedException
import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.random.Random

class SmallStructBufferSpec : FunSpec() {
    private class Sized(override val byteSize: Long, override val alignment: Long) : ElementType<Sized> {
        override val layout: String get() = "sized"
    }

    private val pair = Sized(16, 8)

    private fun withBuffer(inlineCapacity: Int = 4, body: (SmallStructBuffer<Sized>) -> Unit) {
        SystemMemoryManager("pushed").use { manager ->
            SmallStructBuffer(pair, inlineCapacity, manager).use(body)
            manager.stats().blocks shouldBe 0
        }
    }

    private fun SmallStructBuffer<*>.pushPair(value: Long) = pushSegment {
        it.setLong(0, value)
        it.setLong(8, value.inv())
    }

    private fun SmallStructBuffer<*>.drained(most: Int = Int.MAX_VALUE): List<Long> {
        val list = ArrayList<Long>()
        drainSegmentsWhile {
            it.getLong(8) shouldBe it.getLong(0).inv()
            list.add(it.getLong(0))
            list.size < most
        }
        return list
    }

    init {
        for (fixture in ManagerFixtures.all) {
            test("over $fixture, elements of every size and alignment lie as they must and reach no neighbour") {
                fixture.use { manager ->
                    for (type in listOf(Sized(24, 64), Sized(10, 64), Sized(100, 128), Sized(100, 4096), Sized(1, 1))) {
                        SmallStructBuffer(type, 2, manager).use { buffer ->
                            val count = if (type.alignment == 4096L) 4 else 21
                            repeat(3) {
                                for (number in 0..<count) {
                                    buffer.pushSegment {
                                        check(it.address % type.alignment == 0L) { "an element of $type lies askew" }
                                        it.size shouldBe type.byteSize
                                        it.fill(number.toByte())
                                    }
                                }
                                var next = 0
                                buffer.drainSegments { element ->
                                    for (offset in 0L..<element.size) check(element.getByte(offset).toInt() == next)
                                    next++
                                }
                                next shouldBe count
                            }
                        }
                    }
                }
            }
        }

        test("pushes, drains, partial drains, shrinks and clears are those of a list, in order") {
            val random = Random(Effort.seed("a small struct buffer against a list"))
            withBuffer { buffer ->
                val list = ArrayList<Long>()
                repeat(Effort.times(2000)) {
                    when (random.nextInt(10)) {
                        0 -> {
                            buffer.drained() shouldBe list
                            list.clear()
                        }

                        1 -> {
                            val most = random.nextInt(1, list.size + 2)
                            buffer.drained(most) shouldBe list.take(most)
                            list.clear()
                        }

                        2 -> buffer.shrink()

                        else -> repeat(random.nextInt(1, 20)) {
                            val value = random.nextLong()
                            buffer.pushPair(value)
                            list.add(value)
                        }
                    }
                    buffer.size shouldBe list.size
                }
                buffer.clear()
                buffer.size shouldBe 0
            }
        }

        test("an element can be copied in, if it has the size of one") {
            withBuffer { buffer ->
                MemoryManager.system().allocate(32).use { block ->
                    val source = block.keptSegment
                    source.setLong(0, 5)
                    source.setLong(8, 5L.inv())
                    buffer.pushSegment(source.slice(0, 16))
                    shouldThrow<SegmentSizeException> { buffer.pushSegment(source) }.message shouldBe
                        "An element of this SmallStructBuffer has 16 bytes, and 32 bytes were to be pushed: slice " +
                        "the segment to one element"
                    buffer.size shouldBe 1
                    buffer.drained() shouldContainExactly listOf(5)
                }
            }
        }

        test("a writer that throws adds nothing, and the drain passes by") {
            withBuffer { buffer ->
                buffer.pushPair(1)
                repeat(10) {
                    shouldThrow<IllegalStateException> { buffer.pushSegment { error("scripted") } }
                    shouldThrow<SegmentBoundsException> { buffer.pushSegment { it.setLong(9, 1) } }
                }
                buffer.pushPair(2)
                val gone = MemoryManager.system().allocate(2L shl 20)
                val late = gone.keptSegment.slice(0, 16)
                gone.close()
                shouldThrow<MemoryClosedException> { buffer.pushSegment(late) }
                buffer.pushPair(3)
                buffer.drained() shouldContainExactly listOf(1, 2, 3)
            }
        }

        test("a view kept past its push, its drain or the close throws, and reaches no other element") {
            val views = ArrayList<Segment>()
            withBuffer { buffer ->
                for (value in 1L..20) {
                    buffer.pushSegment {
                        views.add(it)
                        it.setLong(0, value)
                        it.setLong(8, value.inv())
                    }
                    shouldThrow<MemoryClosedException> { views.last().setLong(0, -1) }
                }
                buffer.drainSegments { views.add(it) }
                views.size shouldBe 40
                for (view in views) {
                    shouldThrow<MemoryClosedException> { view.getLong(0) }
                    shouldThrow<MemoryClosedException> { view.setLong(0, -1) }
                }
                for (value in 1L..20) buffer.pushPair(value)
                buffer.drained() shouldContainExactly (1L..20).toList()
            }
            for (view in views) shouldThrow<MemoryClosedException> { view.getLong(0) }
        }

        test("its memory is its blocks, which a shrink gives back to the inline ones") {
            SystemMemoryManager("bytes").use { manager ->
                SmallStructBuffer(pair, 4, manager).use { buffer ->
                    buffer.inlineCapacity shouldBe 4
                    buffer.byteSize shouldBe 2 * 4 * 24
                    manager.stats().blocks shouldBe 1
                    repeat(2) {
                        for (value in 0L..<30) buffer.pushPair(value)
                        buffer.drained().size shouldBe 30
                    }
                    buffer.byteSize shouldBe 2 * 32 * 24
                    manager.stats().blocks shouldBe 7
                    for (value in 0L..<30) buffer.pushPair(value)
                    buffer.shrink()
                    manager.stats().blocks shouldBe 4
                    buffer.drained().size shouldBe 30
                    manager.stats().blocks shouldBe 1
                    buffer.byteSize shouldBe 2 * 4 * 24
                    buffer.toString() shouldBe "SmallStructBuffer(0 elements of 16 bytes, room for 4 without growth, " +
                        "manager 'bytes')"
                }
            }
        }

        test("a closed buffer says so, and closing again does nothing") {
            val buffer = SmallStructBuffer(pair, 4)
            buffer.pushPair(1)
            buffer.close()
            buffer.close()
            buffer.isClosed shouldBe true
            buffer.size shouldBe 0
            buffer.capacity shouldBe 0
            buffer.byteSize shouldBe 0
            fun words(action: () -> Unit) = shouldThrow<TypedMemoryClosedException> { action() }.message
            val what = "a SmallStructBuffer of manager 'system' was"
            val after = "after it had been closed: push and drain only until then"
            words { buffer.pushPair(2) } shouldBe "$what pushed to $after"
            words { buffer.drainSegments { } } shouldBe "$what drained $after"
            words { buffer.clear() } shouldBe "$what drained $after"
            words { buffer.shrink() } shouldBe "$what shrunk $after"
            buffer.toString() shouldBe
                "SmallStructBuffer(closed, room for 0 without growth, manager 'system')"
        }

        test("a close in a drain, or beside one, frees the memory when the drain ends") {
            SystemMemoryManager("closing").use { manager ->
                val buffer = SmallStructBuffer(pair, 1, manager)
                for (value in 1L..100) buffer.pushPair(value)
                var sum = 0L
                buffer.drainSegments {
                    if (it.getLong(0) == 50L) buffer.close()
                    check(manager.stats().blocks > 0)
                    sum += it.getLong(0)
                }
                sum shouldBe 5050
                buffer.isClosed shouldBe true
                manager.stats().blocks shouldBe 0
                shouldThrow<TypedMemoryClosedException> { buffer.pushPair(1) }
            }
        }

        test("a close in a push does not wait for that push, whose view stays good") {
            SystemMemoryManager("closing").use { manager ->
                val buffer = SmallStructBuffer(pair, 1, manager)
                buffer.pushSegment {
                    buffer.close()
                    it.setLong(0, 1)
                    it.getLong(0) shouldBe 1
                }
                manager.stats().blocks shouldBe 0
            }
        }

        test("a drain waits for a writer that began before it, and a second drain is refused meanwhile") {
            withBuffer { buffer ->
                buffer.pushPair(1)
                val writing = CountDownLatch(1)
                val go = CountDownLatch(1)
                val written = AtomicBoolean()
                val pusher = Thread.ofPlatform().start {
                    buffer.pushSegment {
                        writing.countDown()
                        go.await()
                        it.setLong(0, 2)
                        it.setLong(8, 2L.inv())
                        written.set(true)
                    }
                }
                writing.await()
                var drained = emptyList<Long>()
                val drainer = Thread.ofPlatform().start {
                    drained = buffer.drained()
                    check(written.get())
                }
                while (buffer.size != 0L) Thread.onSpinWait()
                buffer.pushPair(3)
                shouldThrow<DrainInProgressException> { buffer.clear() }.message shouldBe
                    "a SmallStructBuffer of manager 'pushed' was drained while it was being drained: let one thread " +
                    "at a time drain it, and do not drain or shrink it in the action of a drain"
                go.countDown()
                pusher.join()
                drainer.join()
                drained shouldContainExactly listOf(1, 2)
                buffer.drained() shouldContainExactly listOf(3)
            }
        }

        test("a manager that takes all back leaves a buffer that refuses") {
            SystemMemoryManager("cleared").use { manager ->
                val buffer = SmallStructBuffer(pair, 4, manager)
                buffer.pushPair(1)
                manager.clear()
                shouldThrow<BlockClosedException> { buffer.pushPair(2) }
                shouldThrow<MemoryClosedException> { buffer.drained() }
                buffer.close()
            }
        }
    }
}
