package dev.leasehold.memory.arrow

import com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage
import dev.leasehold.testing.Exports
import dev.leasehold.testing.House
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe

class ArchitectureSpec : FunSpec() {
    private val classes = House.classesOfThisModule()

    // Beside the class that Arrow looks for in a package of its own, which stands above all floors.
    private val house = classes.that(resideInAPackage("dev.leasehold.."))

    init {
        test("nothing imports upward") {
            House.floors.checkNothingImportsUpward(house)
        }

        test("one class alone is outside of the house, and nothing in the house knows it") {
            val outside = (classes - house.toSet()).single()
            outside.name shouldBe "org.apache.arrow.memory.unsafe.DefaultAllocationManagerFactory"
            outside.directDependenciesToSelf.map { it.originClass }.filter { it in house }.shouldBeEmpty()
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
