package dev.leasehold.memory.coroutines.race

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.yield
import java.util.concurrent.atomic.AtomicLong

/** A service as users run it: 300 coroutines on `Dispatchers.IO` share 4 MiB, each with 16 KiB at a time. */
class BusyServiceSpec : FunSpec({
    for ((kind, most) in listOf("a limit of a quarter above the capacity" to 5.MiB, "no limit" to Long.MAX_VALUE)) {
        test(
            "300 coroutines over a pool with $kind leave nothing in quarantine, and it grows little beyond the " +
                "capacity",
        ) {
            MemoryPool.isolated("service") { limit = most }.use { memory ->
                val quarantined = AtomicLong()
                SuspendingPool(memory, 4.MiB).use { pool ->
                    coroutineScope {
                        repeat(300) { client ->
                            launch(Dispatchers.IO) {
                                repeat(Effort.times(30)) { round ->
                                    pool.withLease(16.KiB) { lease ->
                                        lease.withSegment { it.setLong(0, client.toLong()) }
                                        yield()
                                        lease.withSegment { it.getLong(0) } shouldBe client
                                    }
                                    if (round == 15) quarantined.accumulateAndGet(memory.stats().quarantined, ::maxOf)
                                }
                            }
                        }
                    }
                    pool.stats().used shouldBe 0
                }
                quarantined.get() shouldBe 0
                // Beyond what is out at once, what the caches of the dispatcher's threads and the depot may keep.
                memory.stats().peak shouldBeLessThanOrEqualTo minOf(most, 40.MiB)
                memory.stats().used shouldBe 0
            }
        }
    }
})
