package dev.leasehold.memory.device

import dev.leasehold.testing.Exports
import dev.leasehold.testing.House
import io.kotest.core.spec.style.FunSpec

class ArchitectureSpec : FunSpec() {
    private val classes = House.classesOfThisModule()

    init {
        test("nothing imports upward") {
            House.floors.checkNothingImportsUpward(classes)
        }

        test("nothing goes in circles") {
            House.floors.checkNothingGoesInCircles(classes)
        }

        test("the internals of other modules are left alone") {
            House.floors.checkInternalsStayInside(classes)
        }

        test("platform types appear only at the named crossings") {
            House.signatures.check(classes)
        }

        test("what public inline functions call can be reached on the module path too") {
            Exports.ofThisModule().checkThatInlinedCodeIsReachable(classes)
        }
    }
}
