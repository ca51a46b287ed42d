package dev.leasehold.memory.model

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.cache.Bias
import dev.leasehold.memory.internal.cache.CacheRegistry
import dev.leasehold.memory.internal.cache.CacheShape
import dev.leasehold.memory.internal.cache.Depot
import dev.leasehold.memory.internal.cache.Supply
import dev.leasehold.memory.internal.cache.ThreadCache
import dev.leasehold.testing.Effort
import dev.leasehold.testing.Lincheck.modelChecking
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.Operation
import org.jetbrains.lincheck.datastructures.Validate

/** What is behind a cache, when that is no more than a depot. */
internal class DepotSupply : Supply {
    private val depot = Depot()
    override val shape = CacheShape(limit = Long.MAX_VALUE, idleBound = Long.MAX_VALUE)
    override val hygiene = HygieneAction(zeroOnRent = false, fillOnClose = false, pattern = 0)

    override fun takeDirect(classIndex: Int): Long = 0
    override fun giveBackDirect(classIndex: Int, address: Long) = false
    override fun fullMagazine(classIndex: Int, wanted: Int): Magazine = depot.take(classIndex) ?: Magazine(1)
    override fun emptyMagazine(classIndex: Int): Magazine = Magazine(2)
    override fun served() = Unit

    override fun dispose(classIndex: Int, magazine: Magazine) {
        if (magazine.count > 0) depot.leave(classIndex, magazine)
    }

    override fun giveBackOne(classIndex: Int, address: Long): Unit = add(address)

    /** Puts the block at [address] in. */
    fun add(address: Long): Unit = depot.leave(0, Magazine(1).apply { push(address) })

    /** Takes a block out that is here; 0 when none is. */
    fun remove(): Long {
        val magazine = depot.take(0) ?: return 0
        val address = magazine.pop()
        dispose(0, magazine)
        return address
    }
}

/**
 * The owner of a cache takes blocks and gives them back, while another thread takes out what is idle.
 *
 * Lincheck's memory is sequentially consistent, so the fence is nothing here: what is looked for is whether the order
 * of steps is right. Whether the fence makes it so on a real machine is what jcstress looks for.
 */
abstract class ThreadCacheOperations internal constructor(newCache: (Supply) -> ThreadCache) {
    private val supply = DepotSupply()
    private val cache = newCache(supply)
    private val registry = CacheRegistry(fence = {}, adopt = {}, adopted = {})
    private val hands = Hands()
    private val owned = LongArray(2)
    private var count = 0

    init {
        registry.register(cache, null)
        supply.add(1)
        supply.add(2)
        // Into the cache.
        take()
        give()
    }

    @Operation(nonParallelGroup = "owner")
    fun take() {
        val address = cache.take(0)
        if (address == 0L) return
        hands.take(address)
        owned[count++] = address
    }

    @Operation(nonParallelGroup = "owner")
    fun give() {
        if (count == 0) return
        val address = owned[--count]
        hands.give(address)
        cache.giveBack(address, 0, 1)
    }

    @Operation(nonParallelGroup = "revoker")
    fun drain() {
        registry.revoke(hold = false) { revoked ->
            revoked.drainInto { address ->
                hands.take(address)
                hands.give(address)
                supply.add(address)
            }
        }
    }

    @Validate
    fun nothingIsLost() {
        drain()
        var sum = 0L
        for (index in 0 until count) sum += owned[index]
        var idle = 0
        while (true) {
            val address = supply.remove()
            if (address == 0L) break
            sum += address
            idle++
        }
        check(idle + count == 2 && sum == 3L) { "$idle blocks are idle and $count in use of 2" }
    }
}

private fun cacheOn(supply: Supply) = ThreadCache(supply, 0, Bias(0, fence = {}))

private class ImpatientCache(supply: Supply) : ThreadCache(supply, 0, Bias(0, fence = {})) {
    override fun awaitIdle() = Unit
}

class ShippedThreadCache : ThreadCacheOperations(::cacheOn)

class ImpatientThreadCache : ThreadCacheOperations(::ImpatientCache)

class ThreadCacheLincheckSpec : FunSpec({
    fun options() = modelChecking()
        .iterations(Effort.times(3))
        .invocationsPerIteration(Effort.times(60))
        .threads(2)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(0)
        // A cache has more bins than the checker takes for a loop that ends.
        .loopBound(10_000)
        // And the look for room on the stack goes deeper than it takes for a recursion that ends.
        .recursionBound(1_000)

    test("a revoker that waits for the busy owner shares no block with it") {
        options().check(ShippedThreadCache::class)
    }

    test("a revoker that does not wait is found") {
        shouldThrow<LincheckAssertionError> {
            options().iterations(30).invocationsPerIteration(300).check(ImpatientThreadCache::class)
        }
    }
})
