package dev.leasehold.memory.model

import dev.leasehold.memory.internal.cache.Bias
import dev.leasehold.memory.internal.cache.Caches
import dev.leasehold.memory.internal.cache.SharedCaches
import dev.leasehold.memory.internal.cache.ThreadCache
import dev.leasehold.testing.Lincheck.modelChecking
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.Operation
import java.util.concurrent.atomic.AtomicBoolean

/** Caches that one thread at a time may use. */
abstract class SharedCachesOperations internal constructor(private val caches: SharedCaches) {
    @Operation
    fun use() {
        val slot = caches.acquire() ?: return
        val cache = slot.cache
        check(!cache.inHand) { "a shared cache has two users" }
        cache.inHand = true
        cache.inHand = false
        slot.release()
    }
}

private fun newCache() = ThreadCache(DepotSupply(), 0, Bias(0, fence = {}))

private class HastyCaches : SharedCaches(::newCache, count = 1) {
    override fun tryTake(flag: AtomicBoolean): Boolean {
        if (flag.get()) return false
        flag.set(true)
        return true
    }
}

class ShippedSharedCaches : SharedCachesOperations(SharedCaches(::newCache, count = 1))

class HastySharedCaches : SharedCachesOperations(HastyCaches())

class SharedCachesLincheckSpec : FunSpec({
    // Caches are large objects to explore, so few schedules of few steps.
    fun options() = modelChecking()
        .iterations(4)
        .invocationsPerIteration(100)
        .threads(2)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(0)

    test("a shared cache has one user at a time") { options().check(ShippedSharedCaches::class) }

    test("shared caches whose flags are looked at and then taken are found") {
        shouldThrow<LincheckAssertionError> {
            options().iterations(20).invocationsPerIteration(1000).check(HastySharedCaches::class)
        }
    }
})
