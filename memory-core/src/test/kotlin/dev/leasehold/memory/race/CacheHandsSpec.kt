package dev.leasehold.memory.race

import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.cache.Bias
import dev.leasehold.memory.internal.cache.CacheRegistry
import dev.leasehold.memory.internal.cache.Supply
import dev.leasehold.memory.internal.cache.ThreadCache
import dev.leasehold.memory.model.DepotSupply
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.time.Duration
import java.util.concurrent.CountDownLatch

/** Who searches before a refusal waits for blocks that are on their way between a cache and the depot. */
class CacheHandsSpec : FunSpec({
    /** Whether a search ends within [patience] while the owner of a cache has a magazine in its hands. */
    fun endsEarly(registry: CacheRegistry, patience: Duration): Boolean {
        val taken = CountDownLatch(1)
        val goOn = CountDownLatch(1)
        val supply = object : Supply by DepotSupply() {
            override fun fullMagazine(classIndex: Int, wanted: Int): Magazine {
                taken.countDown()
                goOn.await()
                return Magazine(1)
            }
        }
        val cache = ThreadCache(supply, 0, Bias(0, fence = {}))
        registry.register(cache, null)
        val owner = Thread.ofPlatform().start { cache.take(0) }
        taken.await()
        val searcher = Thread.ofPlatform().start(registry::awaitHands)
        val ended = searcher.join(patience)
        goOn.countDown()
        owner.join()
        searcher.join()
        return ended
    }

    test("a search does not end while a magazine is in the hands of its thread, and ends after that") {
        endsEarly(CacheRegistry(fence = {}, adopt = {}, adopted = {}), Duration.ofMillis(200)) shouldBe false
    }

    test("a search that overlooks what is in hand is found") {
        endsEarly(HandlessRegistry(fence = {}, adopt = {}, adopted = {}), Duration.ofMinutes(1)) shouldBe true
    }
})
