package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.ReadOnlySegmentException
import dev.leasehold.memory.SegmentSizeException
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.contract.typed.StructSubjects.Particle
import dev.leasehold.memory.rent
import dev.leasehold.memory.support.withMemory
import dev.leasehold.memory.typed.asColumns
import dev.leasehold.memory.typed.asFloats
import dev.leasehold.memory.typed.process
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

class FloatTilesSpec : FunSpec() {
    init {
        test("all floats are changed, tile by tile, whatever their number") {
            for (count in listOf(0L, 1L, 1023L, 1024L, 1025L, 5000L)) {
                withMemory(count * 4) { memory ->
                    val floats = memory.asFloats()
                    for (index in 0 until count) floats[index] = index.toFloat()
                    val tiles = ArrayList<Int>()
                    floats.process { values, tile ->
                        tiles += tile
                        for (index in 0 until tile) values[index] *= 2f
                    }
                    for (index in 0 until count) floats[index] shouldBe index * 2f
                    tiles.sum() shouldBe count
                    tiles.dropLast(1).all { it == 1024 } shouldBe true
                }
            }
        }

        test("one column is changed by another, which stays as it is") {
            withMemory(Particle.byteSize * 1500) { memory ->
                val particles = memory.asColumns(Particle)
                for (index in 0L until 1500) particles[index, Particle.vx] = index.toFloat()
                particles[Particle.x].fill(1f)
                particles[Particle.x].process(particles[Particle.vx]) { x, vx, count ->
                    for (index in 0 until count) x[index] += vx[index]
                    vx.fill(0f)
                }
                for (index in 0L until 1500) {
                    particles[index, Particle.x] shouldBe index + 1f
                    particles[index, Particle.vx] shouldBe index.toFloat()
                    particles[index, Particle.y] shouldBe 0f
                }
            }
        }

        test("tiles that are given are used, and the shorter of two decides") {
            withMemory(4 * 25) { memory ->
                val floats = memory.asFloats()
                val own = FloatArray(10)
                val counts = ArrayList<Int>()
                floats.process(own) { values, count ->
                    (values === own) shouldBe true
                    counts += count
                    values.fill(1f)
                }
                counts shouldBe listOf(10, 10, 5)
                counts.clear()
                withMemory(4 * 25) { others ->
                    others.asFloats().fill(2f)
                    floats.process(others.asFloats(), own, FloatArray(7)) { values, more, count ->
                        counts += count
                        for (index in 0 until count) values[index] += more[index]
                    }
                }
                counts shouldBe listOf(7, 7, 7, 4)
                floats.toFloatArray() shouldBe FloatArray(25) { 3f }
                val failure = shouldThrow<InvalidSizeException> { floats.process(FloatArray(0)) { _, _ -> } }
                failure.message shouldBe "A tile of no floats cannot take any of 25: give it room"
                shouldThrow<InvalidSizeException> { floats.process(floats, own, FloatArray(0)) { _, _, _ -> } }
            }
        }

        test("columns of different sizes are refused before anything changes") {
            withMemory(28) { memory ->
                val failure = shouldThrow<SegmentSizeException> {
                    memory.slice(0, 12).asFloats().process(memory.slice(12).asFloats()) { _, _, _ -> error("Not here") }
                }
                failure.message shouldBe "3 floats cannot be processed beside 4: slice the longer view first"
            }
        }

        test("an action that throws leaves its tile and those behind as they were") {
            withMemory(4 * 3000) { memory ->
                val floats = memory.asFloats()
                var tiles = 0
                shouldThrow<IllegalStateException> {
                    floats.process { values, _ ->
                        values.fill(1f)
                        check(++tiles < 2)
                    }
                }
                floats[1023] shouldBe 1f
                floats[1024] shouldBe 0f
                floats[2999] shouldBe 0f
            }
        }

        test("floats that outlive their lease, and those that are read-only, refuse") {
            val pool = MemoryPool.isolated("tiles")
            val lease = pool.rent(64)
            val floats = lease.segment.asFloats()
            val fixed = lease.segment.asReadOnly().asFloats()
            shouldThrow<ReadOnlySegmentException> { fixed.process { values, _ -> values.fill(1f) } }
            lease.close()
            shouldThrow<ViewClosedException> { floats.process { _, _ -> error("Not here") } }
            pool.close()
        }
    }
}
