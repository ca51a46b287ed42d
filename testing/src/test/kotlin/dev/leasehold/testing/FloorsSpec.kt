package dev.leasehold.testing

import com.tngtech.archunit.core.domain.JavaClasses
import com.tngtech.archunit.core.importer.ClassFileImporter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain

private fun fixture(name: String): JavaClasses =
    ClassFileImporter().importPackages("dev.leasehold.testing.fixture.$name")

private fun floorsOf(name: String) = Floors(FloorPlan("dev.leasehold.testing.fixture.$name.memory"))

class FloorsSpec : FunSpec() {
    init {
        test("a slab that knows its pool is refused") {
            val failure = shouldThrow<AssertionError> {
                floorsOf("upward").checkNothingImportsUpward(fixture("upward"))
            }
            failure.message!! shouldContain "internal.cache.Depot.pool"
        }

        test("a ground floor that knows the pools of its own package is refused") {
            val failure = shouldThrow<AssertionError> {
                floorsOf("upward").checkNothingImportsUpward(fixture("upward"))
            }
            failure.message!! shouldContain "memory.Segment.pool"
        }

        test("two rooms of one floor that know each other are refused as a circle, and only as that") {
            val failure = shouldThrow<AssertionError> {
                floorsOf("circle").checkNothingGoesInCircles(fixture("circle"))
            }
            failure.message!! shouldContain "Slice mapped"
            floorsOf("circle").checkNothingImportsUpward(fixture("circle"))
        }

        test("another module's internals are refused, save those published for inlining or offered to sisters") {
            val failure = shouldThrow<AssertionError> {
                floorsOf("behind").checkInternalsStayInside(fixture("behind"), House.core)
            }
            failure.message!! shouldContain "dsl.Scope.tell"
            failure.message!! shouldNotContain "dsl.Caller.tell"
        }

        test("a package without a room is refused") {
            val failure = shouldThrow<AssertionError> {
                Floors(FloorPlan("dev.leasehold.testing.fixture")).checkNothingImportsUpward(fixture("upward"))
            }
            failure.message!! shouldContain "dev.leasehold.testing.fixture.upward has no room in the house"
        }
    }
}
