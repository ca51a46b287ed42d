package dev.leasehold.memory.model

import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.engine.Refusals
import dev.leasehold.memory.internal.store.SlabStore
import dev.leasehold.memory.support.SimulatedPlatform
import dev.leasehold.testing.Effort
import dev.leasehold.testing.Lincheck.modelChecking
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.string.shouldContain
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.Operation
import org.jetbrains.lincheck.datastructures.Validate
import kotlin.concurrent.withLock

/**
 * A store whose limit has room for two blocks, both out, while memory is short: one thread closes them, another
 * requests. A request is refused either after a search or because the one before it was.
 */
abstract class RefusalOperations internal constructor(newRefusals: (SlabStore, BudgetLeaf) -> Refusals) {
    private val leaf = BudgetLeaf("refusing", 2 * SIZE, null)
    private val store = SlabStore(SimulatedPlatform(), leaf) { Long.MAX_VALUE }
    private val refusals = newRefusals(store, leaf)
    private val out = LongArray(2)
    private var count = 0

    init {
        // Every way once, so that the checker has seen all classes before it counts the time of a scenario.
        repeat(2) { check(tryTake()) }
        close()
        request()
    }

    @Operation(nonParallelGroup = "closing")
    fun close() {
        store.lock.withLock { if (count > 0) store.giveBack(out[--count]) }
    }

    /** As the engine requests, with all that is idle in the store. */
    @Operation(nonParallelGroup = "requesting")
    fun request() {
        if (refusals.hold(CODE, SIZE)) return
        val returns = store.returns
        if (!tryTake()) refusals.keep(CODE, SIZE, returns)
    }

    private fun tryTake(): Boolean = store.lock.withLock {
        val address = store.take(CODE)
        if (address != 0L) out[count++] = address
        address != 0L
    }

    @Validate
    fun noRefusalOutlivesItsReason() {
        if (refusals.hold(CODE, SIZE)) check(!tryTake()) { "a block would have been refused, and it was there" }
    }

    private companion object {
        /** A block that is a span. */
        const val SIZE = 32L * 1024
        val CODE = SizeClasses.indexOf(SIZE)
    }
}

/** The twin that keeps the count after the search, as if the search had seen what came back meanwhile. */
internal class LateRefusals(private val store: SlabStore, leaf: BudgetLeaf) : Refusals(store, leaf) {
    override fun keep(code: Int, size: Long, returns: Long) = super.keep(code, size, store.returns)
}

class ShippedRefusals : RefusalOperations(::Refusals)

class LateRefusalOperations : RefusalOperations(::LateRefusals)

class RefusalsLincheckSpec : FunSpec({
    fun options() = modelChecking()
        .iterations(Effort.times(2))
        .invocationsPerIteration(Effort.times(30))
        .threads(2)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(0)
        // A store has more classes than the checker takes for a loop that ends.
        .loopBound(10_000)

    test("no refusal is kept while something that came back could serve the request") {
        options().check(ShippedRefusals::class)
    }

    test("a refusal that is kept at the count after the search is found") {
        shouldThrow<LincheckAssertionError> {
            options().iterations(30).invocationsPerIteration(300).minimizeFailedScenario(false)
                .check(LateRefusalOperations::class)
        }.message!! shouldContain "a block would have been refused, and it was there"
    }
})
