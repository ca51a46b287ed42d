package dev.leasehold.memory.race

import dev.leasehold.memory.internal.block.MagazineStack
import dev.leasehold.memory.internal.cache.ThreadCache
import dev.leasehold.memory.internal.engine.Reclaim
import dev.leasehold.memory.internal.engine.Refusals
import dev.leasehold.memory.model.ForgetfulMagazineStack
import dev.leasehold.memory.model.LateRefusals
import dev.leasehold.testing.Effort
import dev.leasehold.testing.StalledClasses
import dev.leasehold.testing.Stalls
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import kotlin.reflect.KClass

/**
 * Threads are stopped for some milliseconds at every step of hand-over and of revocation: in a busy region, with a
 * magazine in hand on either side of the depot, in and after a fence, with a refusal about to be kept, between a
 * block's last release and the place where it goes back to, and wherever else a field is read or written.
 */
class StallSpec : FunSpec() {
    init {
        test("stalled anywhere, hand-over loses nothing, and finds what is idle before a refusal") {
            val stalls = run(StalledHandOver::class)
            for (place in PLACES) withClue(place) { stalls.stepsStalled { it.startsWith(place) } shouldBeGreaterThan 0 }
        }

        test("stalled anywhere, a trim has nothing in its hands that a request would be refused for") {
            run(TrimmedHandOver::class)
        }

        test("stalled anywhere, magazines that pass by the depot are neither lost nor shared") {
            run(RoomyHandOver::class)
        }

        test("stalled anywhere, no thread waits for ever while there is memory for it") {
            val stalls = run(StalledWaits::class)
            withClue("the line") { stalls.stepsStalled { it.startsWith("WaitLine.") } shouldBeGreaterThan 0 }
        }

        test("stalled anywhere, no refusal outlives its reason, and no more is lent than the limit allows") {
            val stalls = run(StalledRefusals::class)
            withClue("refusals") { stalls.stepsStalled { it.startsWith("Refusals.keep") } shouldBeGreaterThan 0 }
        }

        test("stalled anywhere, every block at the limit has one holder and ends once") { run(StalledAccounts::class) }

        test("stalled anywhere, counts free each block once") { run(StalledCounts::class) }

        val twins = listOf(
            Twin("a revoker that does not wait for the owner", ThreadCache::class, UnguardedCache::class),
            Twin(
                "a depot that forgets to compare",
                MagazineStack::class,
                ForgetfulMagazineStack::class,
                RoomyHandOver::class,
            ),
            Twin("a refusal that is kept late", Refusals::class, LateRefusals::class, StalledRefusals::class, SEARCHES),
            Twin("a line that looks for nothing", Reclaim::class, IdleReclaim::class, VainWaits::class),
        )
        for (twin in twins) {
            test("${twin.name} is found") {
                shouldTellAFault(shouldThrow<Throwable> { repeat(MOST_RUNS) { runTwin(twin) } })
            }
        }

        test("a bias that ends without waiting for its owner is found") {
            // The race says what it finds by such an error; a thread that hangs would be another.
            (shouldThrow<AssertionError> { run(HastyCounts::class) }.cause is AssertionError) shouldBe true
        }
    }

    private class Twin(
        val name: String,
        val shipped: KClass<*>,
        val broken: KClass<*>,
        val work: KClass<out Runnable> = StalledHandOver::class,
        val stalled: List<String> = STALLED,
    )

    private fun run(
        work: KClass<out Runnable>,
        twins: Map<KClass<*>, KClass<*>> = emptyMap(),
        stalled: List<String> = STALLED,
    ): Stalls {
        val seed = Effort.seed("stalls in ${work.simpleName}")
        val stalls = Stalls(seed)
        val instead = twins.entries.associate { (shipped, broken) -> shipped.java.name to broken.java.name }
        val classes = StalledClasses(stalls, instead) { name -> stalled.any(name::startsWith) }
        try {
            classes.run(work.java.name, seed)
        } finally {
            classes.requireTwins()
            println("${work.simpleName}: ${stalls.count} stalls at ${stalls.stepsStalled()} steps")
        }
        return stalls
    }

    private fun runTwin(twin: Twin) = run(twin.work, mapOf(twin.shipped to twin.broken), twin.stalled)

    private fun shouldTellAFault(failure: Throwable) {
        val words = generateSequence(failure, Throwable::cause).joinToString("\n")
        withClue(words) { FAULTS.any { it in words } shouldBe true }
    }

    private companion object {
        /** In how many runs a twin must have been found. */
        const val MOST_RUNS = 20
        const val INTERNAL = "dev.leasehold.memory.internal"

        /** The classes whose steps other threads can notice. The store has all of its own under one lock. */
        val STALLED = listOf(
            "$INTERNAL.cache.",
            "$INTERNAL.engine.",
            "$INTERNAL.budget.",
            "$INTERNAL.block.Magazine",
            "dev.leasehold.memory.SharedLease",
            "dev.leasehold.memory.Block",
        )

        /** Those that search before a refusal, and keep it. */
        val SEARCHES = listOf("$INTERNAL.engine.SlabEngine", "$INTERNAL.engine.Shortage", "$INTERNAL.engine.Refusals")

        /** Where hand-over at a limit must have been stalled at the least. */
        val PLACES = listOf(
            "ThreadCache.take",
            "ThreadCache.giveBack",
            "ThreadCache.refill",
            "ThreadCache.unload",
            "ThreadCache.awaitIdle",
            "Bias.",
            "RefCount.release",
            "HeldBlock.free",
            "Depot.take",
            "Depot.leave",
            "MagazineStack.",
            "Magazines.dispose",
            "CacheRegistry.revoke",
            "CacheRegistry.letGo",
            "CacheRegistry.awaitHands",
            "Reclaim.",
            "Shortage.",
        )

        /** What tells a fault: what the checkers say, and what the library itself finds. */
        val FAULTS = listOf(
            "is held by two leases",
            "overlap",
            "was not held",
            "begins with",
            " holds ",
            "came back twice",
            "came back before",
            // Of a magazine that two threads empty.
            "out of bounds for length",
            " is negative",
            "bytes were lost",
            "have not ended",
            PermittedHandOver.REFUSED,
            WaitingHandOver.DID_NOT_COME,
            "leases fill the pool",
        )
    }
}
