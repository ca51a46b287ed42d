package dev.leasehold.memory.model

import dev.leasehold.memory.MiB
import dev.leasehold.memory.internal.cache.LargeDepot
import dev.leasehold.testing.Effort
import dev.leasehold.testing.Lincheck.modelChecking
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.Operation
import org.jetbrains.lincheck.datastructures.Validate
import java.util.concurrent.atomic.AtomicReference

private class LargeBlock(val id: Long)

/** The twin that writes the top without a look at what is there by now. */
private class ForgetfulLargeDepot : LargeDepot<LargeBlock>() {
    override fun replace(
        stack: AtomicReference<Node<LargeBlock>?>,
        seen: Node<LargeBlock>?,
        next: Node<LargeBlock>?,
    ): Boolean {
        stack.set(next)
        return true
    }
}

/** Large blocks on their way from those that closed them to those that take some, while all are taken back. */
abstract class LargeDepotOperations internal constructor(newDepot: () -> LargeDepot<*>) {
    @Suppress("UNCHECKED_CAST") // Both are of large blocks, which are private to this file.
    private val depot = newDepot() as LargeDepot<LargeBlock>
    private val hands = Hands()

    init {
        for (id in 1L..2L) depot.leave(LargeBlock(id), SIZE)
    }

    private fun pass(block: LargeBlock) {
        hands.take(block.id)
        hands.give(block.id)
        depot.leave(block, SIZE)
    }

    @Operation
    fun takeAndFree() {
        depot.take(SIZE)?.let(::pass)
    }

    @Operation
    fun takeBack() {
        val taken = ArrayList<LargeBlock>()
        depot.drain(Long.MAX_VALUE) { taken += it }
        taken.forEach(::pass)
    }

    @Operation
    fun idleBytes() {
        check(depot.idleBytes in 0..2 * SIZE) { "${depot.idleBytes} bytes are idle" }
    }

    @Validate
    fun nothingIsLost() {
        check(depot.idleBytes == 2 * SIZE) { "${depot.idleBytes} bytes are idle" }
        val there = generateSequence { depot.take(SIZE) }.toList()
        check(there.size == 2) { "${there.size} blocks are left of 2" }
        check(there.map { it.id }.toSet().size == 2) { "one block is there twice" }
        there.forEach { depot.leave(it, SIZE) }
    }

    private companion object {
        const val SIZE = 1L shl 20
    }
}

class ShippedLargeDepot : LargeDepotOperations({ LargeDepot<LargeBlock>() })

class ForgetfulLargeBlocks : LargeDepotOperations(::ForgetfulLargeDepot)

class LargeDepotLincheckSpec : FunSpec({
    fun options() = modelChecking()
        .iterations(Effort.times(2))
        .invocationsPerIteration(Effort.times(30))
        .threads(2)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(0)

    test("large blocks have one holder at a time on their way, and none is lost or counted wrong") {
        options().check(ShippedLargeDepot::class)
    }

    test("a depot that forgets to compare is found") {
        shouldThrow<LincheckAssertionError> {
            options().iterations(30).invocationsPerIteration(300).minimizeFailedScenario(false)
                .check(ForgetfulLargeBlocks::class)
        }
    }

    test("a request gets the block on top that has its size, and at most a quarter more") {
        val depot = LargeDepot<Long>()
        for (size in listOf(8.MiB, 10.MiB)) depot.leave(size, size)
        depot.take(7.MiB) shouldBe 8.MiB
        depot.take(7.MiB) shouldBe null
        depot.take(9.MiB) shouldBe 10.MiB
        depot.idleBytes shouldBe 0
    }

    test("what may fit below the top is found by draining what is near") {
        val depot = LargeDepot<Long>()
        val sizes = listOf(9.MiB, 8.MiB, 32.MiB)
        for (size in sizes) depot.leave(size, size)
        depot.take(9.MiB) shouldBe null
        val near = ArrayList<Long>()
        depot.drainNear(9.MiB) { near += it }
        near shouldBe listOf(8.MiB, 9.MiB)
        depot.idleBytes shouldBe 32.MiB
    }

    test("the least that lay there is known for a period, each range of sizes for itself") {
        val depot = LargeDepot<Long>()
        for (size in listOf(2.MiB, 2.MiB, 4.MiB)) depot.leave(size, size)
        depot.beginPeriod()
        depot.leave(checkNotNull(depot.take(2.MiB)), 2.MiB)
        depot.leave(checkNotNull(depot.take(4.MiB)), 4.MiB)
        depot.leave(8.MiB, 8.MiB)
        depot.leastIdle shouldBe 2.MiB
        depot.beginPeriod()
        depot.leastIdle shouldBe 16.MiB
    }
})
