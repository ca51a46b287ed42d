package dev.leasehold.memory.coroutines.fault

import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.testing.FaultWork
import dev.leasehold.testing.FaultyVerb

/** The verbs of suspending pools. */
internal class SuspendingFaults(seed: Long) : FaultWork(seed) {
    private val rents = listOf<Pair<String, Rent>>(
        "a rent" to FaultyRents::ofOne,
        "a rent of several" to FaultyRents::ofAll,
        "a rent within a time" to FaultyRents::inTime,
        "withLease" to FaultyRents::forABlock,
        "a suspending scope" to FaultyRents::forAScope,
    )

    override fun verbs(): List<FaultyVerb> = rents.flatMap { (name, rent) ->
        listOf(
            SuspendingVerb(name) { start(rent, mine) },
            SuspendingVerb("$name, traced", traced = true) { start(rent, mine) },
            SuspendingVerb("$name that waits, and is served", before = { takeAll() }) {
                start(rent)
                all.close()
            },
            SuspendingVerb("$name that waits below, and is served", before = { takeAllBelow() }) {
                start(rent)
                all.close()
            },
            SuspendingVerb("the close that serves $name elsewhere", before = {
                takeAll()
                launchWaiting(rent)
            }) {
                all.close()
            },
            SuspendingVerb("the cancellation of $name", before = {
                takeAll()
                launchWaiting(rent)
            }) {
                job.cancel()
            },
        )
    } + ofThreads() + ofFutures() + ofPools()

    private fun ofThreads() = listOf(
        SuspendingVerb("a blocking rent") { FaultyRents.byAThread(pool, mine) },
        SuspendingVerb("a blocking rent that is late", before = { takeAll() }) {
            try {
                mine.lease = FaultyRents.byAThreadTooLate(pool)
            } catch (late: RentTimeoutException) {
                check("within" in late.message!!)
            }
        },
        SuspendingVerb("the close that serves a thread", before = {
            takeAll()
            waitInAThread()
        }) {
            all.close()
        },
    )

    private fun ofFutures() = listOf(
        SuspendingVerb("a future") { FaultyRents.byAFuture(pool, mine) },
        SuspendingVerb("a future that waits, and is served", before = { takeAll() }) {
            waitInAFuture()
            all.close()
        },
        SuspendingVerb("a future that waits below, and is served", before = { takeAllBelow() }) {
            waitInAFuture()
            all.close()
        },
        SuspendingVerb("the cancellation of a future", before = {
            takeAll()
            waitInAFuture()
        }) {
            future.cancel(false)
        },
    )

    private fun ofPools() = listOf(
        SuspendingVerb("the close of a suspending pool for which a coroutine and a thread wait", before = {
            takeAll()
            launchWaiting(FaultyRents::ofOne)
            waitInAThread()
            waitInAFuture()
        }) {
            pool.close()
        },
    )
}
