package dev.leasehold.memory.race.typed

import dev.leasehold.memory.MemoryClosedException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.support.together
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.SmallBuffer
import dev.leasehold.memory.typed.SmallObjectBuffer
import dev.leasehold.memory.typed.SmallStructBuffer
import dev.leasehold.memory.typed.drain
import dev.leasehold.memory.typed.drainWhile
import dev.leasehold.memory.typed.push
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong

/** Several pushers beside a drainer: nothing is lost, nothing comes twice, and each pusher's order is kept. */
class SmallBufferRaceSpec : FunSpec() {
    private val pushers = 4

    /** What the pushers have pushed must come in their order; [finished] when all has come. */
    private class Arrivals(pushers: Int, private val each: Int) {
        private val next = IntArray(pushers)
        var total = 0
            private set
        val finished: Boolean get() = total == next.size * each

        fun arrived(pusher: Int, number: Int) {
            check(next[pusher] == number) { "pusher $pusher: ${next[pusher]} was expected, and $number came" }
            next[pusher]++
            total++
        }
    }

    private class Event(val pusher: Int, val number: Int) {
        // Not final: only what is published safely is seen whole.
        var check = pusher.toLong() * 31 + number
    }

    /** Runs pushers, one platform thread and the others virtual, beside [drain], which shrinks now and then. */
    private fun race(
        each: Int,
        push: (pusher: Int, number: Int) -> Unit,
        shrink: () -> Unit,
        drain: (Arrivals) -> Unit,
    ) {
        val arrivals = Arrivals(pushers, each)
        together(pushers + 1, isVirtual = { it in 1..<pushers }) { worker ->
            if (worker < pushers) {
                for (number in 0..<each) push(worker, number)
            } else {
                var drains = 0
                while (!arrivals.finished) {
                    drain(arrivals)
                    if (++drains % 16 == 0) shrink()
                    if (drains % 4 == 0) Thread.yield()
                }
            }
        }
        drain(arrivals)
        arrivals.finished shouldBe true
    }

    init {
        test("longs") {
            val buffer = SmallBuffer.ofLongs(8)
            race(
                Effort.times(500_000),
                { pusher, number -> buffer.push((pusher.toLong() shl 32) or number.toLong()) },
                buffer::shrink,
                { arrivals -> buffer.drain { arrivals.arrived((it shr 32).toInt(), it.toInt()) } },
            )
        }

        test("objects, which are seen whole") {
            val buffer = SmallObjectBuffer<Event>(8)
            race(
                Effort.times(200_000),
                { pusher, number -> buffer.push(Event(pusher, number)) },
                buffer::shrink,
                { arrivals ->
                    buffer.drain { event ->
                        check(event.check == event.pusher.toLong() * 31 + event.number) { "half an event came" }
                        arrivals.arrived(event.pusher, event.number)
                    }
                },
            )
        }

        test("structs, which are seen whole, half of the pushers writing and half copying") {
            SystemMemoryManager("race").use { manager ->
                SmallStructBuffer(Wide, 8, manager).use { buffer ->
                    val sources = List(pushers) { manager.allocate(Wide.byteSize) }
                    race(
                        Effort.times(100_000),
                        { pusher, number ->
                            if (pusher % 2 == 0) {
                                buffer.pushSegment { it.write(pusher, number) }
                            } else {
                                val source = sources[pusher].keptSegment
                                source.write(pusher, number)
                                buffer.pushSegment(source)
                            }
                        },
                        buffer::shrink,
                        { arrivals ->
                            buffer.drainSegments {
                                val bits = it.getLong(0)
                                for (offset in 8L..<Wide.byteSize step 8) {
                                    check(it.getLong(offset) == bits) { "half a struct came" }
                                }
                                arrivals.arrived((bits shr 32).toInt(), bits.toInt())
                            }
                        },
                    )
                    sources.forEach { it.close() }
                }
                manager.stats().blocks shouldBe 0
            }
        }

        test("partial drains drop what they do not give, and count it once") {
            val buffer = SmallBuffer.ofInts(4)
            val each = Effort.times(200_000)
            val left = AtomicInteger(2)
            var last = -1
            together(3) { worker ->
                if (worker < 2) {
                    for (number in 0..<each) buffer.push(if (worker == 0) number else -1)
                    left.decrementAndGet()
                } else {
                    while (left.get() > 0 || buffer.size > 0) {
                        var most = 20
                        buffer.drainWhile {
                            if (it >= 0) {
                                check(it > last) { "$it came after $last" }
                                last = it
                            }
                            --most > 0
                        }
                    }
                }
            }
            buffer.size shouldBe 0
        }

        test("a close beside pushers and a drainer leaves no memory, and all are refused") {
            repeat(Effort.times(200)) { round ->
                val manager = SystemMemoryManager("closing")
                val buffer = SmallStructBuffer(Wide, 1, manager)
                val pushed = AtomicLong()
                together(4) { worker ->
                    when (worker) {
                        0 -> {
                            while (pushed.get() < round * 3L) Thread.onSpinWait()
                            buffer.close()
                        }

                        1 -> untilClosed { buffer.drainSegments { check(it.getLong(0) == it.getLong(8)) } }

                        else -> untilClosed {
                            buffer.pushSegment { it.write(worker, 1) }
                            pushed.incrementAndGet()
                        }
                    }
                }
                manager.stats().blocks shouldBe 0
                manager.close()
                await("all is back") { manager.stats().reserved == 0L }
            }
        }
    }

    private fun untilClosed(action: () -> Unit) {
        while (true) {
            try {
                action()
            } catch (_: MemoryClosedException) {
                return
            }
        }
    }

    private fun Segment.write(pusher: Int, number: Int) {
        val bits = (pusher.toLong() shl 32) or number.toLong()
        for (offset in 0L..<Wide.byteSize step 8) setLong(offset, bits)
    }

    private object Wide : ElementType<Wide> {
        override val byteSize: Long get() = 40
        override val alignment: Long get() = 8
        override val layout: String get() = "wide"
    }
}
