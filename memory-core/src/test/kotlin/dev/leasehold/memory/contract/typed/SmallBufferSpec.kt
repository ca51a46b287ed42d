package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.typed.DrainInProgressException
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.Handle
import dev.leasehold.memory.typed.ObjectPool
import dev.leasehold.memory.typed.SmallBuffer
import dev.leasehold.memory.typed.SmallObjectBuffer
import dev.leasehold.memory.typed.drain
import dev.leasehold.memory.typed.drainWhile
import dev.leasehold.memory.typed.push
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import java.lang.management.ManagementFactory
import java.lang.ref.WeakReference
import kotlin.random.Random

class SmallBufferSpec : FunSpec() {
    init {
        test("a buffer of every primitive gives back what was pushed, extremes included") {
            val bytes = SmallBuffer.ofBytes(1)
            val shorts = SmallBuffer.ofShorts(1)
            val chars = SmallBuffer.ofChars(1)
            val ints = SmallBuffer.ofInts(1)
            val longs = SmallBuffer.ofLongs(1)
            val floats = SmallBuffer.ofFloats(1)
            val doubles = SmallBuffer.ofDoubles(1)
            val all = ArrayList<Any>()
            for (value in listOf(Byte.MIN_VALUE, -1, 0, Byte.MAX_VALUE)) bytes.push(value)
            for (value in listOf(Short.MIN_VALUE, -1, 0, Short.MAX_VALUE)) shorts.push(value)
            for (value in listOf(Char.MIN_VALUE, 'x', Char.MAX_VALUE)) chars.push(value)
            for (value in listOf(Int.MIN_VALUE, -1, 0, Int.MAX_VALUE)) ints.push(value)
            for (value in listOf(Long.MIN_VALUE, -1, 0, Long.MAX_VALUE)) longs.push(value)
            for (value in listOf(-0f, Float.MIN_VALUE, Float.NEGATIVE_INFINITY)) floats.push(value)
            for (value in listOf(-0.0, Double.MIN_VALUE, Double.NEGATIVE_INFINITY)) doubles.push(value)
            bytes.drain { all.add(it) }
            shorts.drain { all.add(it) }
            chars.drain { all.add(it) }
            ints.drain { all.add(it) }
            longs.drain { all.add(it) }
            floats.drain { all.add(it) }
            doubles.drain { all.add(it) }
            all shouldBe listOf<Any>(
                Byte.MIN_VALUE, (-1).toByte(), 0.toByte(), Byte.MAX_VALUE,
                Short.MIN_VALUE, (-1).toShort(), 0.toShort(), Short.MAX_VALUE,
                Char.MIN_VALUE, 'x', Char.MAX_VALUE,
                Int.MIN_VALUE, -1, 0, Int.MAX_VALUE,
                Long.MIN_VALUE, -1L, 0L, Long.MAX_VALUE,
                -0f, Float.MIN_VALUE, Float.NEGATIVE_INFINITY,
                -0.0, Double.MIN_VALUE, Double.NEGATIVE_INFINITY,
            )
            longs.type shouldBe ElementType.LONG
            chars.type shouldBe ElementType.CHAR
        }

        test("a buffer of handles gives back the handles that were pushed, and what they name may be gone by then") {
            ObjectPool("small", ElementType.LONG).use { pool ->
                val buffer = SmallBuffer.ofHandles(1)
                val handles = List(5) { pool.allocateHandle() }
                for (handle in handles) buffer.push(handle)
                buffer.push(Handle.NONE)
                buffer.size shouldBe 6
                buffer.toString() shouldBe "SmallBuffer(6 of handle, room for 8 without growth)"
                pool.free(handles[3])
                val drained = ArrayList<Handle>()
                val living = ArrayList<Handle>()
                buffer.drain { handle ->
                    drained.add(handle)
                    if (handle in pool) living.add(handle)
                }
                drained shouldBe handles + Handle.NONE
                living shouldBe handles - handles[3]
                buffer.size shouldBe 0
                for (handle in handles) buffer.push(handle)
                drained.clear()
                buffer.drainWhile { handle ->
                    drained.add(handle)
                    handle != handles[1]
                }
                drained shouldBe handles.take(2)
                buffer.size shouldBe 0
                living.forEach(pool::free)
            }
            val type = SmallBuffer.ofHandles(1).type
            listOf(type.byteSize, type.alignment) shouldBe listOf(8L, 8L)
            listOf(type.layout, "$type") shouldBe listOf("handle", "handle")
            shouldThrow<MemoryConfigurationException> { SmallBuffer.ofHandles(0) }
        }

        test("handles are pushed and drained without a box") {
            val buffer = SmallBuffer.ofHandles(64)
            var sum = 0L
            val round = {
                for (bits in 1L..64) buffer.push(Handle(bits shl 32))
                buffer.drain { sum += it.generation }
                for (bits in 1L..64) buffer.push(Handle(bits shl 32))
                buffer.drainWhile { handle ->
                    sum += handle.generation
                    true
                }
            }
            repeat(20_000) { round() }
            sum = 0
            allocatedBy { repeat(1000) { round() } } shouldBeLessThan 20_000
            sum shouldBe 1000L * 64 * 65
        }

        test("pushes, whole and partial drains, shrinks and clears are those of a list, in order") {
            val random = Random(Effort.seed("a small buffer against a list"))
            val longs = SmallBuffer.ofLongs(3)
            val objects = SmallObjectBuffer<String>(3)
            val list = ArrayList<Long>()
            repeat(Effort.times(3000)) {
                when (random.nextInt(12)) {
                    0 -> drainsAll(longs, objects, list)

                    1 -> drainsSome(longs, objects, list, random.nextInt(list.size + 2))

                    2 -> {
                        longs.shrink()
                        objects.shrink()
                    }

                    3 -> if (random.nextInt(8) == 0) {
                        longs.clear()
                        objects.clear()
                        list.clear()
                    }

                    else -> repeat(random.nextInt(1, 20)) {
                        val value = random.nextLong()
                        longs.push(value)
                        objects.push(value.toString())
                        list.add(value)
                    }
                }
                longs.size shouldBe list.size
                objects.size shouldBe list.size
            }
        }

        test("the inline capacity is there from the beginning, and nothing is allocated for it") {
            for ((given, actual) in listOf(1 to 1, 2 to 2, 3 to 4, 16 to 16, 17 to 32, 1 shl 20 to (1 shl 20))) {
                val buffer = SmallBuffer.ofLongs(given)
                buffer.inlineCapacity shouldBe actual
                buffer.capacity shouldBe actual
                buffer.byteSize shouldBe 16L * actual
                SmallObjectBuffer<Any>(given).inlineCapacity shouldBe actual
            }
            for (given in listOf(0, -1, (1 shl 20) + 1, Int.MIN_VALUE)) {
                shouldThrow<MemoryConfigurationException> { SmallBuffer.ofInts(given) }.message shouldBe
                    "a SmallBuffer cannot have an inline capacity of ${"%,d".format(given)}: give it 1 to 1,048,576, " +
                    "as many as are usually pushed between two drains"
                shouldThrow<MemoryConfigurationException> { SmallObjectBuffer<Any>(given) }.message shouldBe
                    "a SmallObjectBuffer cannot have an inline capacity of ${"%,d".format(given)}: give it 1 to " +
                    "1,048,576, as many as are usually pushed between two drains"
            }
            val buffer = SmallBuffer.ofLongs(64)
            repeat(20_000) { fillAndDrain(buffer, 64) }
            allocatedBy { repeat(1000) { fillAndDrain(buffer, 64) } } shouldBeLessThan 20_000
        }

        test("growth doubles, and its memory is kept for both halves until it is shrunk") {
            val buffer = SmallBuffer.ofLongs(16)
            repeat(2) { fillAndDrain(buffer, 1000) }
            buffer.capacity shouldBe 1024
            val grown = buffer.byteSize
            grown shouldBe 2 * 8 * 1024
            repeat(20) { fillAndDrain(buffer, 1000) }
            buffer.byteSize shouldBe grown
            allocatedBy { repeat(200) { fillAndDrain(buffer, 1000) } } shouldBeLessThan 20_000
            buffer.shrink()
            buffer.byteSize shouldBe 2 * 8 * 16
            buffer.capacity shouldBe 16
            fillAndDrain(buffer, 1000)
        }

        test("a shrink leaves the elements, and their memory goes with their drain") {
            val buffer = SmallBuffer.ofInts(2)
            for (value in 1..100) buffer.push(value)
            buffer.shrink()
            buffer.size shouldBe 100
            for (value in 101..110) buffer.push(value)
            var sum = 0
            buffer.drain { sum += it }
            sum shouldBe 110 * 111 / 2
            buffer.byteSize shouldBe 2 * 8 * 2
            buffer.push(5)
            buffer.size shouldBe 1
        }

        test("a drain that stops, throws or returns drops the rest, and leaves the buffer empty and usable") {
            val buffer = SmallBuffer.ofLongs(4)
            fun fill() = (1L..5000).forEach { buffer.push(it) }
            fill()
            var seen = 0L
            buffer.drainWhile { ++seen < 1500 }
            seen shouldBe 1500
            buffer.size shouldBe 0
            fill()
            shouldThrow<IllegalStateException> {
                buffer.drain { if (it == 3L) throw IllegalStateException("scripted") }
            }
            buffer.size shouldBe 0
            fill()
            firstOf(buffer) shouldBe 1
            buffer.size shouldBe 0
            fillAndDrain(buffer, 5000)
        }

        test("what is pushed by the action of a drain is for the next drain") {
            val buffer = SmallBuffer.ofLongs(4)
            for (value in 1L..10) buffer.push(value)
            buffer.drain { buffer.push(it * 10) }
            buffer.size shouldBe 10
            var sum = 0L
            buffer.drain { sum += it }
            sum shouldBe 550
        }

        test("a drain in a drain is refused in words, and changes nothing") {
            val buffer = SmallBuffer.ofLongs(4)
            val objects = SmallObjectBuffer<String>(4)
            buffer.push(1)
            objects.push("one")
            var refusals = 0
            buffer.drain {
                buffer.push(2)
                words { buffer.drain { } } shouldBe inProgress("a SmallBuffer was drained")
                words { buffer.drainWhile { true } } shouldBe inProgress("a SmallBuffer was drained")
                words { buffer.clear() } shouldBe inProgress("a SmallBuffer was drained")
                words { buffer.shrink() } shouldBe inProgress("a SmallBuffer was shrunk")
                refusals++
            }
            objects.drain {
                words { objects.drain { } } shouldBe inProgress("a SmallObjectBuffer was drained")
                words { objects.shrink() } shouldBe inProgress("a SmallObjectBuffer was shrunk")
                refusals++
            }
            refusals shouldBe 2
            firstOf(buffer) shouldBe 2
        }

        test("a buffer of objects forgets what it gave and what it dropped") {
            val buffer = SmallObjectBuffer<ByteArray>(4)
            val seen = (1..40).map { number ->
                ByteArray(1 shl 16).let {
                    buffer.push(it)
                    WeakReference(it)
                }
            }
            var left = 10
            buffer.drainWhile { --left > 0 }
            await("all are garbage") {
                System.gc()
                seen.all { it.get() == null }
            }
            buffer.size shouldBe 0
        }

        test("a million elements are pushed and drained in time that is linear") {
            val buffer = SmallBuffer.ofLongs(16)
            repeat(3) { fillAndDrain(buffer, 1_000_000) }
            val few = List(5) { nanosOf { repeat(64) { fillAndDrain(buffer, 15_625) } } }.min()
            val many = List(5) { nanosOf { fillAndDrain(buffer, 1_000_000) } }.min()
            // Out of the cache, and on a busy machine: a square would be 64 times as long.
            many shouldBeLessThan 12 * few
            SmallBuffer.ofLongs(1).let { fillAndDrain(it, 1_000_000) }
        }

        test("its text has the type and the figures") {
            val buffer = SmallBuffer.ofFloats(16)
            repeat(20) { buffer.push(1f) }
            buffer.toString() shouldBe "SmallBuffer(20 of float, room for 32 without growth)"
            SmallObjectBuffer<String>(2).toString() shouldBe
                "SmallObjectBuffer(0 objects, room for 2 without growth)"
        }
    }

    private fun words(action: () -> Unit): String = shouldThrow<DrainInProgressException> { action() }.message!!

    private fun inProgress(what: String) =
        "$what while it was being drained: let one thread at a time drain it, and do not drain or shrink it in the " +
            "action of a drain"

    private fun drainsAll(longs: SmallBuffer<Long>, objects: SmallObjectBuffer<String>, list: MutableList<Long>) {
        val drained = ArrayList<Long>()
        longs.drain { drained.add(it) }
        drained shouldBe list
        val texts = ArrayList<String>()
        objects.drain { texts.add(it) }
        texts shouldBe list.map { it.toString() }
        list.clear()
    }

    private fun drainsSome(
        longs: SmallBuffer<Long>,
        objects: SmallObjectBuffer<String>,
        list: MutableList<Long>,
        count: Int,
    ) {
        val drained = ArrayList<Long>()
        longs.drainWhile {
            drained.add(it)
            drained.size < count
        }
        val expected = list.take(maxOf(count, minOf(1, list.size)))
        drained shouldBe expected
        val texts = ArrayList<String>()
        objects.drainWhile {
            texts.add(it)
            texts.size < count
        }
        texts shouldBe expected.map { it.toString() }
        list.clear()
    }

    private fun firstOf(buffer: SmallBuffer<Long>): Long {
        buffer.drain { return it }
        return -1
    }

    private fun fillAndDrain(buffer: SmallBuffer<Long>, count: Int) {
        for (value in 0L..<count) buffer.push(value)
        var next = 0L
        buffer.drain { if (it != next++) error("$it came, and not ${next - 1}") }
        if (next != count.toLong()) error("$next of $count came")
    }

    private fun nanosOf(action: () -> Unit): Long {
        val start = System.nanoTime()
        action()
        return System.nanoTime() - start
    }

    private fun allocatedBy(action: () -> Unit): Long {
        val threads = ManagementFactory.getThreadMXBean() as com.sun.management.ThreadMXBean
        val before = threads.currentThreadAllocatedBytes
        action()
        return threads.currentThreadAllocatedBytes - before
    }
}
