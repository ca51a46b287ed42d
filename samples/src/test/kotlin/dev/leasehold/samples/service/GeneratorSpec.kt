package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.rent
import dev.leasehold.memory.toByteArray
import io.kotest.core.spec.style.FunSpec
import io.kotest.inspectors.forAll
import io.kotest.matchers.collections.shouldBeUnique
import io.kotest.matchers.doubles.shouldBeGreaterThan
import io.kotest.matchers.doubles.shouldBeLessThan
import io.kotest.matchers.ints.shouldBeInRange
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe

class GeneratorSpec : FunSpec({
    test("names are different, up to 100 bytes, and many are not ASCII") {
        val names = StationNames.make(413)
        names.shouldBeUnique()
        names.forAll {
            it.toByteArray().size shouldBeInRange 1..100
            (';' in it || '\n' in it) shouldBe false
        }
        names.maxOf { it.toByteArray().size } shouldBeInRange 85..100
        names.count { name -> name.any { it > '\u007f' } } shouldBeInRange 150..350
        names.any { name -> name.any(Char::isSurrogate) } shouldBe true
    }

    test("ten thousand stations can be named") {
        StationNames.make(10_000).shouldBeUnique().size shouldBe 10_000
    }

    test("the same seed gives the same bytes, another seed others") {
        bytes(rows = 5_000, seed = 7) shouldBe bytes(rows = 5_000, seed = 7)
        bytes(rows = 5_000, seed = 7) shouldNotBe bytes(rows = 5_000, seed = 8)
    }

    test("all clients together send as many lines as were asked for, each of them good, over the whole range") {
        val lines = bytes(rows = 300_001, seed = 1, clients = 7).removeSuffix("\n").split('\n')
        lines.size shouldBe 300_001
        val stations = HashMap<String, HeapStation>()
        val parser = HeapLines(stations)
        lines.forEach(parser::take)
        stations.size shouldBe 413
        val temperatures = lines.map { it.substringAfter(';').toDouble() }
        temperatures.min() shouldBeLessThan -99.0
        temperatures.max() shouldBeGreaterThan 99.0
    }
})

private fun bytes(rows: Long, seed: Long, clients: Int = 3): String = MemoryPool.isolated("generator").use { pool ->
    val workload = GeneratedRows(rows, clients, seed, StationNames.make(413))
    pool.rent(4096).use { buffer ->
        (0 until clients).joinToString("") { client ->
            workload.open(client, pool).use { source ->
                generateSequence { source.fill(buffer.segment).takeIf { it > 0 } }
                    .joinToString("") { buffer.segment.slice(0, it).toByteArray().decodeToString() }
            }
        }
    }
}
