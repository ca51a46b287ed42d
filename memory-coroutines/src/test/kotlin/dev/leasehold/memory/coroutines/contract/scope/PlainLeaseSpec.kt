package dev.leasehold.memory.coroutines.contract.scope

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.internal.own.end
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.move
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.support.over
import dev.leasehold.memory.rentShared
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.shouldBe
import java.lang.ref.WeakReference

/** Leases of plain pools, which notify no scope of their end, in scopes that live for long. */
class PlainLeaseSpec : FunSpec() {
    init {
        test("a scope through which many go forgets those that were closed") {
            over("through", 1000) { pool ->
                memoryScope(pool) {
                    val seen = List(10_000) { index ->
                        val lease = pool.pool.rentShared(8).move(this)
                        lease.close()
                        if (index % 100 == 0) rent(1)
                        WeakReference(lease)
                    }
                    System.gc()
                    seen.count { it.get() != null } shouldBeLessThan 1000
                    pool.stats().used shouldBe 100
                }
            }
        }

        test("a scope that forgets those that were closed still ends all others, also in between") {
            over("between", 1000) { pool ->
                lateinit var kept: List<SharedLease>
                memoryScope(pool) {
                    kept = List(1000) { index ->
                        val lease = if (index % 5 == 0) rent(1) else pool.pool.rentShared(8).move(this)
                        if (index % 3 == 0) lease.close()
                        lease
                    }
                    kept.map { it.isClosed } shouldContainExactly List(1000) { it % 3 == 0 }
                }
                kept.all { it.isClosed } shouldBe true
            }
        }

        test("a lease that was dropped as closed, and one that is moved twice, end once") {
            val memory = MemoryPool.isolated("twice")
            over(memory, 1000) { pool ->
                memoryScope(pool) {
                    val first = memory.rentShared(8).move(this)
                    memoryScope(pool) {
                        first.move(this)
                        repeat(200) { memory.rentShared(8).move(this).close() }
                        first.isClosed shouldBe false
                    }
                    first.isClosed shouldBe true
                }
                memory.stats().used shouldBe 0
            }
        }
    }
}
