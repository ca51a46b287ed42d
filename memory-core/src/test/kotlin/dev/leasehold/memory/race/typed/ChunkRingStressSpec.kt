package dev.leasehold.memory.race.typed

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.support.together
import dev.leasehold.memory.typed.ChunkRing
import dev.leasehold.memory.typed.TypedMemoryClosedException
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.util.SplittableRandom
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicIntegerArray
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Chunks that say who wrote them and which one of his they are, and in every other byte the same once more. */
private class Letters(private val writers: Int, private val each: Int) {
    private val read = AtomicIntegerArray(writers * each)

    fun write(chunk: Segment, writer: Int, number: Int) {
        chunk.setInt(0, writer)
        chunk.setInt(4, number)
        for (offset in 8 until chunk.size) chunk.setByte(offset, check(writer, number, offset))
    }

    /** Reads a letter, and returns whose it is and which. */
    fun read(chunk: Segment): Pair<Int, Int> {
        val writer = chunk.getInt(0)
        val number = chunk.getInt(4)
        for (offset in 8 until chunk.size) {
            val right = check(writer, number, offset)
            check(chunk.getByte(offset) == right) { "$writer/$number was overwritten at $offset" }
        }
        check(read.incrementAndGet(writer * each + number) == 1) { "$writer/$number was read twice" }
        return writer to number
    }

    private fun check(writer: Int, number: Int, offset: Long) = (writer * 7 + number * 31 + offset).toByte()

    fun requireAllRead() {
        for (index in 0 until writers * each) {
            check(read[index] == 1) { "${index / each}/${index % each} was lost" }
        }
    }
}

private fun sizeOf(number: Int, most: Int) = 8L + number * 37L % (most - 8)

class ChunkRingStressSpec : FunSpec() {
    private fun withRing(capacity: Long, alignment: Long = 64, action: (ChunkRing) -> Unit) {
        SystemMemoryManager("stress").use { manager ->
            action(ChunkRing(manager, capacity, alignment))
            manager.stats().blocks shouldBe 0
        }
    }

    init {
        for ((writers, readers, virtual) in listOf(
            Triple(1, 1, false),
            Triple(3, 1, false),
            Triple(1, 3, false),
            Triple(3, 3, false),
            Triple(4, 4, true),
        )) {
            val threads = if (virtual) "virtual threads" else "threads"
            test("of $writers writers and $readers readers on $threads, nothing is lost, torn, or read twice") {
                val each = Effort.times(30_000) / writers
                val letters = Letters(writers, each)
                withRing(2.KiB, if (virtual) 8 else 64) { ring ->
                    val left = AtomicInteger(writers)
                    together(writers + readers, virtual) { worker ->
                        if (worker < writers) {
                            for (number in 0 until each) {
                                ring.write(sizeOf(number, 500)) { letters.write(it, worker, number) }
                            }
                            if (left.decrementAndGet() == 0) ring.close()
                        } else {
                            // Each reader sees the letters of a writer in their order.
                            val last = IntArray(writers) { -1 }
                            ring.consumeEach {
                                val (writer, number) = letters.read(it)
                                check(number > last[writer]) { "$writer/$number came after ${last[writer]}" }
                                last[writer] = number
                            }
                        }
                    }
                    letters.requireAllRead()
                }
            }
        }

        test("writes and reads that fail, wait for moments, or only try, lose and repeat nothing") {
            val writers = 3
            val each = Effort.times(8000)
            val letters = Letters(writers, each)
            withRing(1.KiB) { ring ->
                val left = AtomicInteger(writers)
                together(writers + 2) { worker ->
                    val random = SplittableRandom(worker.toLong())
                    if (worker < writers) {
                        for (number in 0 until each) {
                            if (random.nextInt(10) == 0) failing { ring.write(random.nextLong(512)) { error("no") } }
                            val size = sizeOf(number, 300)
                            while (true) {
                                val written = if (random.nextBoolean()) {
                                    ring.tryWrite(size) { letters.write(it, worker, number) }
                                } else {
                                    ring.tryWrite(size, 1.milliseconds) { letters.write(it, worker, number) }
                                }
                                if (written) break
                            }
                        }
                        if (left.decrementAndGet() == 0) ring.close()
                    } else {
                        read(ring, letters, random)
                    }
                }
                letters.requireAllRead()
            }
        }

        test("a ring that is resized all the time loses and repeats nothing") {
            val each = Effort.times(10_000)
            val letters = Letters(2, each)
            withRing(1.KiB) { ring ->
                val left = AtomicInteger(2)
                val resized = AtomicInteger()
                together(5) { worker ->
                    when (worker) {
                        0, 1 -> {
                            for (number in 0 until each) {
                                ring.write(sizeOf(number, 400)) { letters.write(it, worker, number) }
                            }
                            if (left.decrementAndGet() == 0) ring.close()
                        }

                        2, 3 -> ring.consumeEach { letters.read(it) }

                        else -> while (left.get() > 0) if (resize(ring, resized.get())) resized.incrementAndGet()
                    }
                }
                letters.requireAllRead()
                resized.get() shouldBeGreaterThan 0
            }
        }

        test("a ring that is closed while threads write and read keeps what was committed, and frees its memory") {
            repeat(Effort.times(300)) { round ->
                withRing(1.KiB) { ring ->
                    val written = ConcurrentLinkedQueue<Long>()
                    val read = ConcurrentLinkedQueue<Long>()
                    together(5) { worker ->
                        when (worker) {
                            0, 1 -> untilClosed { number ->
                                ring.write(8) { it.setLong(0, worker * 1_000_000L + number) }
                                written += worker * 1_000_000L + number
                            }

                            2, 3 -> ring.consumeEach { read += it.getLong(0) }

                            else -> {
                                Thread.sleep(0, round * 1000 % 500_000)
                                ring.close()
                            }
                        }
                    }
                    read.sorted() shouldBe written.sorted()
                }
            }
        }

        test("the last chunk's read, the last write's failure and the close meet, and the memory goes once") {
            repeat(Effort.times(1000)) {
                SystemMemoryManager("stress").use { manager ->
                    val ring = ChunkRing(manager, 256)
                    ring.write(8) {}
                    together(3) { worker ->
                        when (worker) {
                            0 -> ring.tryRead {}.shouldBeTrue()
                            1 -> failing { ring.write(8) { error("no") } }
                            else -> ring.close()
                        }
                    }
                    await("the memory is free again") { manager.stats().blocks == 0L }
                }
            }
        }
    }

    private fun read(ring: ChunkRing, letters: Letters, random: SplittableRandom): Unit = try {
        while (true) {
            when (random.nextInt(4)) {
                0 -> ring.drain(random.nextInt(20)) { letters.read(it) }

                1 -> failing {
                    ring.drain {
                        letters.read(it)
                        check(random.nextInt(3) > 0) { "no" }
                    }
                }

                2 -> ring.tryRead(1.milliseconds) { letters.read(it) }

                else -> ring.read(60.seconds) { letters.read(it) }
            }
        }
    } catch (_: TypedMemoryClosedException) {
        // All has been read.
    }

    private fun failing(action: () -> Unit) {
        try {
            action()
        } catch (_: IllegalStateException) {
            // As expected.
        } catch (closed: TypedMemoryClosedException) {
            if (closed.message!!.contains("all of its chunks have been read")) throw closed
        }
    }

    private fun resize(ring: ChunkRing, count: Int): Boolean = try {
        ring.resize(if (count % 2 == 0) 4.KiB else 2.KiB)
        true
    } catch (_: MemoryBusyException) {
        Thread.onSpinWait()
        false
    } catch (_: InvalidSizeException) {
        false
    } catch (_: TypedMemoryClosedException) {
        false
    }

    private fun untilClosed(write: (Long) -> Unit) {
        try {
            var number = 0L
            while (true) write(number++)
        } catch (_: TypedMemoryClosedException) {
            // The end.
        }
    }
}
