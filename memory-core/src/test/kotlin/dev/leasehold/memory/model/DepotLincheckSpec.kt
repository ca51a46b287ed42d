package dev.leasehold.memory.model

import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.MagazineStack
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.cache.Depot
import dev.leasehold.testing.Effort
import dev.leasehold.testing.Lincheck.modelChecking
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.Operation
import org.jetbrains.lincheck.datastructures.Validate

/** Blocks on their way from the threads that freed them to those that take some, while all are taken back. */
abstract class DepotOperations internal constructor(newStack: () -> MagazineStack) {
    private val depot = Depot(newStack)
    private val hands = Hands()

    init {
        for (block in 1L..2L) depot.leave(0, Magazine(1).apply { push(block) })
    }

    private fun pass(magazine: Magazine) {
        val address = magazine.pop()
        hands.take(address)
        hands.give(address)
        magazine.push(address)
        depot.leave(0, magazine)
    }

    @Operation
    fun takeAndFree() {
        depot.take(0)?.let(::pass)
    }

    @Operation
    fun takeBack() {
        generateSequence { depot.take(0) }.toList().forEach(::pass)
    }

    @Operation
    fun idleBytes() {
        check(depot.idleBytes in 0..4 * SizeClasses.sizeOf(0)) { "${depot.idleBytes} bytes are idle" }
    }

    @Validate
    fun nothingIsLost() {
        check(depot.idleBytes == 2 * SizeClasses.sizeOf(0)) { "${depot.idleBytes} bytes are idle" }
        val there = generateSequence { depot.take(0) }.toList()
        check(there.size == 2) { "${there.size} magazines are left of 2" }
        check(there.map { it.rounds[0] }.toSet().size == 2) { "one magazine is there twice" }
        there.forEach { depot.leave(0, it) }
    }
}

class ShippedDepot : DepotOperations(::MagazineStack)

class ForgetfulDepot : DepotOperations(::ForgetfulMagazineStack)

class DepotLincheckSpec : FunSpec({
    fun options() = modelChecking()
        .iterations(Effort.times(2))
        .invocationsPerIteration(Effort.times(30))
        .threads(2)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(0)

    test("blocks freed elsewhere have one holder at a time on their way, and none is lost or counted wrong") {
        options().check(ShippedDepot::class)
    }

    test("a depot that forgets to compare is found") {
        shouldThrow<LincheckAssertionError> {
            options().iterations(30).invocationsPerIteration(1000).minimizeFailedScenario(false)
                .check(ForgetfulDepot::class)
        }
    }
})
