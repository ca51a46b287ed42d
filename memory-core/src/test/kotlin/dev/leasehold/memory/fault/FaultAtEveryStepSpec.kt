package dev.leasehold.memory.fault

import dev.leasehold.testing.FaultWork
import dev.leasehold.testing.FaultyClasses
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

/** Errors of the virtual machine inside of the library lose nothing: at every allocation, and at every call. */
class FaultAtEveryStepSpec : FunSpec({
    fun classes() = FaultyClasses { name -> FAULTY.any(name::startsWith) && TESTS.none(name::startsWith) }

    test("a caller that loses its lease when the next thing fails is found") {
        val found = shouldThrow<AssertionError> { classes().run(LosingWork::class.java.name, 0) }
        found.message shouldContain "something is lost"
    }

    for (part in 0 until PARTS) {
        test("no error at any step of a verb loses anything, part ${part + 1} of $PARTS") {
            FaultWork.leaksIn(PoolFaults::class, classes(), part, PARTS) shouldBe emptyList()
        }
    }
}) {
    private companion object {
        const val PARTS = 3
        val FAULTY = listOf("dev.leasehold.memory.")
        val TESTS = listOf("dev.leasehold.memory.fault.", "dev.leasehold.memory.support.")
    }
}
