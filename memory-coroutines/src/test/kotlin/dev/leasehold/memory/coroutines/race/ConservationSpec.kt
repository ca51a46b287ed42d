package dev.leasehold.memory.coroutines.race

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.coroutines.internal.own.end
import dev.leasehold.memory.coroutines.support.Borrowing
import dev.leasehold.memory.coroutines.support.Conservation
import dev.leasehold.memory.coroutines.support.PlainWaiter
import dev.leasehold.memory.rentShared
import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlin.coroutines.resume
import kotlin.time.Duration.Companion.seconds

/** The resume that forgets that a coroutine may be cancelled between its grant and its run. */
private val plainly: Borrowing = { pool, size, block ->
    if (!pool.tryTake(size)) {
        pool.lender.requireRentable(size)
        pool.lender.requirePlace(size, null)
        val waiter = suspendCancellableCoroutine { PlainWaiter(pool.lender.line, size, pool.lender::tooMany).start(it) }
        if (!waiter.isGranted) throw pool.lender.closed()
    }
    try {
        pool.pool.rentShared(size).use { block(it) }
    } finally {
        pool.giveBack(size)
    }
}

/** The one that gives its bytes back when it is cancelled, which the line does as well. */
private val twice: Borrowing = { pool, size, block ->
    try {
        if (!pool.tryTake(size)) pool.take(size)
    } catch (cancelled: CancellationException) {
        pool.giveBack(size)
        throw cancelled
    }
    try {
        pool.pool.rentShared(size).use { block(it) }
    } finally {
        pool.giveBack(size)
    }
}

class ConservationSpec : FunSpec({
    val kinds = listOf(
        Kind("a pool without a limit", 250) { MemoryPool.isolated("endless") },
        Kind("a pool whose limit is below the capacity", 100) {
            MemoryPool.isolated("limited") {
                limit = 256.KiB
                quarantineBytes = 0
            }
        },
        Kind("a pool of chunks, of which there are fewer than leases", 100) { MemoryPool.fixed("chunks", 4.KiB, 6) },
        Kind("a pool below a budget that is exhausted before", 40) {
            MemoryPool.isolated("poor") {
                budget = MemoryBudget("poor", 256.KiB)
                quarantineBytes = 0
            }
        },
        Kind("a pool that traces sites", 20) { MemoryPool.isolated("traced") { traceSites = true } },
    )
    for (kind in kinds) {
        val count = Effort.times(kind.share) * Conservation.TOGETHER
        test("$count random schedules over ${kind.name} lose no byte, and end every block once") {
            kind.make().use { memory ->
                Conservation(memory, 16.KiB, 4.KiB).run(Effort.times(kind.share), Effort.seed(kind.name))
            }
        }
    }

    for ((name, twin) in listOf("a plain resume" to plainly, "bytes given back twice" to twice)) {
        test("$name is found by the same schedules") {
            MemoryPool.isolated("twin").use { memory ->
                val conservation = Conservation(memory, 16.KiB, 4.KiB, twin, patience = 2.seconds)
                shouldThrow<IllegalStateException> { conservation.run(200, Effort.seed(name)) }
                    .message!! shouldContain "bytes are out"
            }
        }
    }
}) {
    private class Kind(val name: String, val share: Int, val make: () -> MemoryPool)
}
