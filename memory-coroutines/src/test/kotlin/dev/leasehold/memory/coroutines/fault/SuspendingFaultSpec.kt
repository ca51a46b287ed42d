package dev.leasehold.memory.coroutines.fault

import dev.leasehold.testing.FaultWork
import dev.leasehold.testing.FaultyClasses
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

/** Errors of the virtual machine lose no byte, no lease and no waiter of a suspending pool. */
class SuspendingFaultSpec : FunSpec({
    for (part in 0 until PARTS) {
        test("no error at any step of a suspending verb loses anything, part ${part + 1} of $PARTS") {
            val classes = FaultyClasses { name ->
                name.startsWith(FaultyRents::class.java.name) ||
                    (
                        name.startsWith("dev.leasehold.memory.") &&
                            !name.startsWith("dev.leasehold.memory.coroutines.fault.")
                        )
            }
            FaultWork.leaksIn(SuspendingFaults::class, classes, part, PARTS) shouldBe emptyList()
        }
    }
}) {
    private companion object {
        const val PARTS = 2
    }
}
