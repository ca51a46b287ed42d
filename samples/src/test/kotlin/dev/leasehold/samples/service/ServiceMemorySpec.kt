package dev.leasehold.samples.service

import dev.leasehold.memory.GiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.coroutines.tryRent
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe

class ServiceMemorySpec : FunSpec({
    test("the pools have no more than the limit together, and each line holds its largest request") {
        for (limit in listOf(8.MiB, 9.MiB + 1, 64.MiB, 1.GiB)) {
            ServiceMemory.limitedTo(limit).use { memory ->
                memory.pools.sumOf { it.limit } shouldBeLessThanOrEqual limit
                memory.served shouldBeGreaterThan 50
                memory.largeTables.capacity shouldBeGreaterThan GroundPlan.LARGE - 1
            }
        }
    }

    test("when all connections and all large tables are out, the limit holds") {
        ServiceMemory.limitedTo(8.MiB).use { memory ->
            val out =
                List(memory.served.toInt()) { memory.connections.tryRent(GroundPlan.CONNECTION).shouldNotBeNull() }
            val table = memory.largeTables.tryRent(GroundPlan.LARGE).shouldNotBeNull()
            memory.connections.tryRent(GroundPlan.CONNECTION) shouldBe null
            memory.largeTables.tryRent(GroundPlan.LARGE) shouldBe null
            memory.peak shouldBeLessThanOrEqual 8.MiB
            (out + table).forEach { it.close() }
        }
    }

    test("of somebody's pool at most half is taken, and the pool stays open") {
        MemoryPool.isolated("somebody's") { limit = 20.MiB }.use { pool ->
            ServiceMemory.sharing(pool).use { it.limit shouldBe 10.MiB }
            pool.isClosed shouldBe false
        }
    }

    test("a limit that cannot serve is refused with what could") {
        shouldThrow<IllegalArgumentException> { ServiceMemory.limitedTo(1.MiB) }.message shouldBe
            "a service with 1048576 bytes cannot serve: give it 8388608"
    }
})
