package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.copyFrom
import dev.leasehold.memory.toByteArray
import dev.leasehold.memory.typed.ChunkRing
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlin.random.Random

/** A ring beside a queue of arrays: it holds the same chunks, and refuses only where they leave no room. */
private class RingModel(manager: MemoryManager, private val random: Random) {
    private val alignment = 8L shl random.nextInt(6)
    private var ring = ChunkRing(manager, random.nextLong(1, 5000), alignment)
    private val model = ArrayDeque<ByteArray>()

    fun run(steps: Int) {
        repeat(steps) {
            when (random.nextInt(100)) {
                in 0 until 50 -> write()
                in 50 until 75 -> read()
                in 75 until 85 -> drain()
                in 85 until 90 -> fail()
                in 90 until 95 -> resize()
                in 95 until 98 -> reopen()
                else -> if (random.nextInt(10) == 0) clear()
            }
        }
        ring.close()
        while (model.isNotEmpty()) read()
    }

    private fun write() {
        val bytes = random.nextBytes(random.nextInt((ring.maxChunk + 1).toInt()))
        if (ring.tryWrite(bytes.size.toLong()) { it.copyFrom(bytes) }) {
            model += bytes
        } else {
            // There may be a part before the end that is too short for it, and is lost to it.
            (spanOf(bytes.size) * 2 - alignment > ring.capacity - used()) shouldBe true
        }
    }

    private fun spanOf(size: Int) = maxOf(alignment, (size + alignment - 1) / alignment * alignment)

    private fun used() = ring.usedBytes

    private fun read() {
        ring.tryRead { it.shouldHold(model.first()) } shouldBe model.isNotEmpty()
        model.removeFirstOrNull()
    }

    private fun drain() {
        val limit = random.nextInt(30)
        val count = minOf(limit, model.size)
        ring.drain(limit) { it.shouldHold(model.removeFirst()) } shouldBe count
    }

    private fun fail() {
        val size = random.nextLong(ring.maxChunk + 1)
        try {
            ring.tryWrite(size) { error("as expected") } shouldBe false
        } catch (_: IllegalStateException) {
            // It is skipped.
        }
    }

    private fun resize() {
        try {
            ring.resize(random.nextLong(1, 10_000))
        } catch (_: InvalidSizeException) {
            model.isEmpty() shouldBe false
        } catch (_: BudgetExceededException) {
            // It is as it was.
        }
        (used() >= model.sumOf { spanOf(it.size) }) shouldBe true
    }

    private fun reopen() {
        ring = ChunkRing.open(ring.release())
    }

    private fun clear() {
        ring.clear()
        model.clear()
        ring.usedBytes shouldBe 0
    }

    private fun Segment.shouldHold(bytes: ByteArray) {
        toByteArray().contentEquals(bytes) shouldBe true
    }
}

class ChunkRingModelSpec : FunSpec() {
    init {
        test("a ring holds what a queue of arrays holds") {
            val seed = Effort.seed("chunk ring")
            for (round in 0 until Effort.times(60)) {
                MemoryBudget("ring", limit = 256.KiB).use { budget ->
                    SystemMemoryManager("chunks") { this.budget = budget }.use { manager ->
                        RingModel(manager, Random(seed + round)).run(1500)
                        manager.stats().used shouldBe 0
                    }
                }
            }
        }
    }
}
