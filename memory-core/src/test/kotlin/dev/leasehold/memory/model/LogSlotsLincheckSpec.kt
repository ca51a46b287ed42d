package dev.leasehold.memory.model

import dev.leasehold.memory.internal.mapped.LogSlots
import dev.leasehold.testing.Effort
import dev.leasehold.testing.Lincheck.modelChecking
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.Operation
import java.util.concurrent.atomic.AtomicIntegerArray

/** Threads that take slots for their changes and give them back: no two have the same. */
abstract class LogSlotOperations internal constructor(private val slots: LogSlots) {
    private val owners = AtomicIntegerArray(8)

    @Operation
    fun use(): Boolean {
        val slot = slots.tryTake(0)
        if (slot < 0) return true
        val isAlone = owners.incrementAndGet(slot) == 1
        owners.decrementAndGet(slot)
        slots.giveBack(slot)
        return isAlone
    }
}

class ShippedLogSlots : LogSlotOperations(LogSlots())

/** The twin that looks, and then takes. */
class HastyLogSlots :
    LogSlotOperations(
        object : LogSlots() {
            override fun claim(slots: AtomicIntegerArray, slot: Int): Boolean {
                slots.set(slot, 1)
                return true
            }
        },
    )

class LogSlotsLincheckSpec : FunSpec({
    fun options() = modelChecking().iterations(Effort.times(4)).invocationsPerIteration(Effort.times(1_000))
        .threads(3).actorsPerThread(2).sequentialSpecification(AlwaysAlone::class.java)

    test("no two threads have the same small log") {
        options().check(ShippedLogSlots::class)
    }

    test("a twin that takes what another took in between is found") {
        shouldThrow<LincheckAssertionError> { options().check(HastyLogSlots::class) }
    }
})

/** What each thread must find. */
class AlwaysAlone {
    fun use(): Boolean = true
}
