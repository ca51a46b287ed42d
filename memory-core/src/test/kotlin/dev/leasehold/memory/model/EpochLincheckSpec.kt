package dev.leasehold.memory.model

import dev.leasehold.memory.internal.epoch.Epoch
import dev.leasehold.memory.internal.epoch.EpochView
import dev.leasehold.testing.Lincheck.modelChecking
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.Operation
import org.jetbrains.lincheck.datastructures.Validate
import java.lang.foreign.MemorySegment
import java.util.concurrent.atomic.AtomicInteger

/** Views of one epoch begin and end while it is sealed; it must be handed on exactly once, with every block in it. */
abstract class EpochOperations internal constructor(newEpoch: (completed: (Epoch) -> Unit) -> Epoch) {
    private val completions = AtomicInteger()
    private val sealed = AtomicInteger()
    private val quarantined = AtomicInteger()
    private val found = AtomicInteger()
    private val epoch = newEpoch(::retire)

    private fun retire(epoch: Epoch) {
        completions.incrementAndGet()
        found.addAndGet(generateSequence(epoch.takeClosed()) { it.next }.count())
    }

    @Operation
    fun viewAndClose() {
        if (!epoch.tryEnter(1)) return
        EpochView(MemorySegment.NULL, epoch).quarantine(16, 0)
        quarantined.incrementAndGet()
    }

    /** As for a view that another thread was faster to make. */
    @Operation
    fun viewAndCancel() {
        if (epoch.tryEnter(1)) EpochView(MemorySegment.NULL, epoch).cancel()
    }

    @Operation
    fun seal() {
        if (sealed.compareAndSet(0, 1)) epoch.seal()
    }

    @Validate
    fun handedOnOnceWithAll() {
        val expected = sealed.get()
        check(completions.get() == expected) { "sealed $expected times and handed on ${completions.get()} times" }
        if (expected == 0) return
        check(found.get() == quarantined.get()) { "${found.get()} blocks came of ${quarantined.get()}" }
    }
}

/** The twin that settles in two steps. */
private class TwoStepEpoch(private val completed: (Epoch) -> Unit) : Epoch(null, 64, 64, completed) {
    override fun settle() {
        val left = balance.get() - 1
        balance.set(left)
        if (left == Long.MIN_VALUE) completed(this)
    }
}

class ShippedEpoch : EpochOperations({ Epoch(null, 64, 64, it) })

class TwoStepEpochOperations : EpochOperations(::TwoStepEpoch)

class EpochLincheckSpec : FunSpec({
    fun options() = modelChecking()
        .iterations(15)
        .invocationsPerIteration(500)
        .threads(2)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(0)

    test("an epoch is handed on exactly once with all its blocks, whatever ends it") {
        options().check(ShippedEpoch::class)
    }

    test("an epoch that settles in two steps is found") {
        shouldThrow<LincheckAssertionError> { options().iterations(30).check(TwoStepEpochOperations::class) }
    }
})
