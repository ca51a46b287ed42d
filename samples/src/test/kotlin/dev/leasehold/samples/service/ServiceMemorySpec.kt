package dev.leasehold.samples.service

import dev.leasehold.memory.GiB
import dev.leasehold.memory.MiB
import dev.leasehold.memory.coroutines.tryRent
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe

class ServiceMemorySpec : FunSpec({
    test("the pools have no more than the limit together, and each line holds its largest request") {
        for (limit in listOf(8.MiB, 9.MiB + 1, 64.MiB, 1.GiB)) {
            ServiceMemory(limit).use { memory ->
                memory.pools.sumOf { it.limit } shouldBeLessThanOrEqual limit
                memory.served shouldBeGreaterThan 40
                memory.largeTables.capacity shouldBeGreaterThanOrEqual ServiceMemory.LARGE_TABLE
            }
        }
    }

    test("when all connections, all large tables and the total are out, the limit holds") {
        ServiceMemory(8.MiB).use { memory ->
            val total = memory.rentTotal()
            val out = List(memory.served.toInt()) {
                memory.connections.tryRent(ServiceMemory.CONNECTION).shouldNotBeNull()
            }
            val table = memory.largeTables.tryRent(ServiceMemory.LARGE_TABLE).shouldNotBeNull()
            memory.connections.tryRent(ServiceMemory.CONNECTION) shouldBe null
            memory.largeTables.tryRent(ServiceMemory.LARGE_TABLE) shouldBe null
            memory.peak shouldBeLessThanOrEqual 8.MiB
            (out + table + total).forEach { it.close() }
        }
    }

    test("a limit that cannot serve is refused with what could") {
        shouldThrow<IllegalArgumentException> { ServiceMemory(1.MiB) }.message shouldBe
            "a service with 1048576 bytes cannot serve: give it at least 8388608"
    }
})
