package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.typed.ConcurrentBitmap
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.util.BitSet
import kotlin.random.Random

/** A bitmap beside a set of bits on the heap: what it allocates may be any run of clear bits, if there is one. */
private class BitmapModel(private val bits: ConcurrentBitmap, private val random: Random) {
    private val model = BitSet()
    private val runs = ArrayList<LongRange>()

    fun run(steps: Int) {
        repeat(steps) {
            when (random.nextInt(100)) {
                in 0 until 45 -> allocate(random.nextInt(1, 65))
                in 45 until 55 -> allocate(1)
                in 55 until 85 -> freeOne()
                in 85 until 90 -> freeAny()
                in 90 until 94 -> flip()
                in 94 until 98 -> look()
                98 -> if (bits.size < 20_000) bits.grow(bits.size + random.nextLong(1, 300))
                else -> if (random.nextInt(20) == 0) clear()
            }
        }
        same()
    }

    private fun allocate(length: Int) {
        val first = bits.tryAllocate(length)
        if (first < 0) return hasNoRun(length)
        val run = first until first + length
        run.any { model[it.toInt()] } shouldBe false
        (run.last < bits.size) shouldBe true
        model.set(run.first.toInt(), run.last.toInt() + 1)
        runs += run
    }

    private fun hasNoRun(length: Int) {
        var clear = model.nextClearBit(0)
        while (clear + length <= bits.size) {
            val set = model.nextSetBit(clear)
            (set in clear until clear + length) shouldBe true
            clear = model.nextClearBit(set)
        }
    }

    private fun freeOne() {
        if (runs.isEmpty()) return
        val run = runs.removeAt(random.nextInt(runs.size))
        free(run.first, (run.last - run.first + 1).toInt())
    }

    private fun freeAny() {
        val length = random.nextInt(1, 65)
        if (bits.size >= length) free(random.nextLong(bits.size - length + 1), length)
    }

    private fun free(first: Long, length: Int) {
        val end = first.toInt() + length
        val whole = model.nextClearBit(first.toInt()) >= end
        bits.tryFree(first, length) shouldBe whole
        if (whole) model.clear(first.toInt(), end)
    }

    private fun flip() {
        val bit = random.nextLong(bits.size)
        if (random.nextBoolean()) {
            bits.set(bit) shouldBe !model[bit.toInt()]
            model.set(bit.toInt())
        } else {
            bits.clear(bit) shouldBe model[bit.toInt()]
            model.clear(bit.toInt())
        }
    }

    private fun look() {
        val bit = random.nextLong(bits.size)
        bits[bit] shouldBe model[bit.toInt()]
        bits.nextSet(bit) shouldBe model.nextSetBit(bit.toInt()).toLong()
        bits.count() shouldBe model.cardinality().toLong()
    }

    private fun clear() {
        bits.clear()
        model.clear()
        runs.clear()
    }

    private fun same() {
        val set = buildList { bits.forEachSet { add(it.toInt()) } }
        set shouldContainExactly model.stream().toArray().toList()
    }
}

class BitmapModelSpec : FunSpec() {
    init {
        test("a bitmap does what a set of bits on the heap does") {
            val seed = Effort.seed("bitmap")
            for (round in 0 until Effort.times(40)) {
                val random = Random(seed + round)
                SystemMemoryManager("bits").use { manager ->
                    ConcurrentBitmap(manager, random.nextLong(1, 1000)).use { BitmapModel(it, random).run(2000) }
                    manager.stats().used shouldBe 0
                }
            }
        }
    }
}
