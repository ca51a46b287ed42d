package dev.leasehold.memory.dsl.fault

import dev.leasehold.testing.FaultWork
import dev.leasehold.testing.FaultyClasses
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

/** A scope ends all that it owns, whatever error of the virtual machine strikes in it, and wherever. */
class ScopeFaultSpec : FunSpec({
    test("no error at any step of a scope, or of its end, loses anything") {
        val classes = FaultyClasses { name ->
            name == FaultyScopes::class.java.name ||
                (name.startsWith("dev.leasehold.memory.") && !name.startsWith("dev.leasehold.memory.dsl.fault."))
        }
        FaultWork.leaksIn(ScopeFaults::class, classes, 0, 1) shouldBe emptyList()
    }
})
