package dev.leasehold.memory.contract

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldMatch

/** What a log shows of the things that this library hands out. Those with more to say have it checked with their own contract. */
class PrintedSpec : FunSpec({
    test("a lease prints its size and its pool, and that it is closed") {
        MemoryPool.isolated("printed").use { pool ->
            val lease = pool.rent(2048)
            lease.toString() shouldBe "Lease(2,048 bytes of pool 'printed')"
            lease.close()
            lease.toString() shouldBe "Lease(2,048 bytes of pool 'printed', closed)"
        }
    }

    test("a shared lease does likewise") {
        MemoryPool.fixed("printed", 64, 2).use { pool ->
            val lease = pool.rentShared(1)
            lease.toString() shouldBe "SharedLease(1 byte of pool 'printed')"
            lease.close()
            lease.toString() shouldBe "SharedLease(1 byte of pool 'printed', closed)"
        }
    }

    test("a pool and a manager print their names and figures") {
        MemoryPool.fixed("printed", 64, 2).use { pool ->
            pool.toString() shouldBe "MemoryPool 'printed' (${pool.stats()})"
        }
        SystemMemoryManager("printed").use { manager ->
            manager.allocate(2048).use { block ->
                block.toString() shouldMatch "Block\\(2,048 bytes at 0x[0-9a-f]+, 1 reference, manager 'printed'\\)"
            }
        }
    }
})
