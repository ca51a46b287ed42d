package dev.leasehold.memory.race.typed

import dev.leasehold.memory.MemoryClosedException
import dev.leasehold.memory.support.together
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.ReleaseAction
import dev.leasehold.memory.typed.SharedBuffer
import dev.leasehold.memory.typed.TypedMemoryClosedException
import dev.leasehold.memory.typed.UniqueBuffer
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.util.concurrent.CyclicBarrier
import java.util.concurrent.atomic.AtomicInteger
import kotlin.random.Random

/** Threads that race for the memory of buffers: each action runs once, and no view reaches memory that is gone. */
class BufferRaceSpec : FunSpec() {
    private class Counted : ReleaseAction {
        private val arena = Arena.ofShared()
        val segment: MemorySegment =
            MemorySegment.ofAddress(arena.allocate(64, 8).address()).reinterpret(64)
        val runs = AtomicInteger()

        override fun release(memory: MemorySegment) {
            runs.incrementAndGet()
            arena.close()
        }
    }

    init {
        test("of closes, moves, releases, shares, swaps and resets that race, each memory is given back once") {
            val rounds = Effort.times(1500)
            val memory = Array(2 * rounds) { Counted() }
            val buffers = Array(2 * rounds) { UniqueBuffer.adopt(ElementType.LONG, memory[it].segment, memory[it]) }
            val barrier = CyclicBarrier(3)
            val seed = Effort.seed("racing buffers")
            together(3) { worker ->
                val random = Random(seed + worker)
                for (round in 0..<rounds) {
                    barrier.await()
                    repeat(2) { act(random.nextInt(7), buffers[2 * round], buffers[2 * round + 1]) }
                    notInterrupted()
                }
            }
            buffers.forEach { it.close() }
            memory.forEach { it.runs.get() shouldBe 1 }
        }

        test("of copies, closes and releases that race, the last gives the memory back") {
            val rounds = Effort.times(1500)
            val memory = Array(rounds) { Counted() }
            val firsts = Array(rounds) { UniqueBuffer.adopt(ElementType.LONG, memory[it].segment, memory[it]).share() }
            val barrier = CyclicBarrier(3)
            together(3) { worker ->
                for (round in 0..<rounds) {
                    barrier.await()
                    copyOrRelease(firsts[round], worker + round)
                    notInterrupted()
                }
            }
            firsts.forEach { it.close() }
            memory.forEach { it.runs.get() shouldBe 1 }
        }
    }

    // The virtual machine sets the status of a thread that it stops within an access to memory which is being freed.
    private fun notInterrupted() {
        Thread.interrupted()
    }

    private fun act(action: Int, buffer: UniqueBuffer<Long>, other: UniqueBuffer<Long>) {
        try {
            when (action) {
                0 -> buffer.close()

                1 -> buffer.move().close()

                2 -> buffer.release().free()

                3 -> buffer.share().use { shared -> shared.copy().close() }

                4 -> buffer.swap(other)

                5 -> buffer.reset(other)

                else -> {
                    val view = buffer.view()
                    view.setLong(0, view.getLong(8) + 1)
                }
            }
        } catch (_: MemoryClosedException) {
            // Another was faster.
            return
        }
    }

    private fun copyOrRelease(buffer: SharedBuffer<Long>, choice: Int) {
        try {
            when (choice % 3) {
                0 -> buffer.close()
                1 -> buffer.copy().use { it.view().setLong(0, 1) }
                else -> buffer.release()?.free()
            }
        } catch (_: TypedMemoryClosedException) {
            return
        }
    }
}
