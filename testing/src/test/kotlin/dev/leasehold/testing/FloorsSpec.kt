package dev.leasehold.testing

import com.tngtech.archunit.core.domain.JavaClasses
import com.tngtech.archunit.core.importer.ClassFileImporter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain

private fun fixture(name: String): JavaClasses =
    ClassFileImporter().importPackages("dev.leasehold.testing.fixture.$name")

private fun floorsOf(name: String) = Floors("dev.leasehold.testing.fixture.$name.memory")

class FloorsSpec : FunSpec() {
    init {
        test("a cache that knows the pool above it is refused") {
            val failure = shouldThrow<AssertionError> {
                floorsOf("upward").checkNothingImportsUpward(fixture("upward"))
            }
            failure.message!! shouldContain "internal.cache.Depot.pool"
            failure.message!! shouldNotContain "memory.Segment"
        }

        test("two packages that know each other are refused as a circle, too") {
            val failure = shouldThrow<AssertionError> {
                floorsOf("circle").checkNothingGoesInCircles(fixture("circle"))
            }
            failure.message!! shouldContain "Cycle detected"
            failure.message!! shouldContain "typed.Struct.scope"
        }

        test("the core's internals are refused to other modules, save what is published or offered to them") {
            val failure = shouldThrow<AssertionError> {
                floorsOf("behind").checkInternalsStayInside(fixture("behind"))
            }
            failure.message!! shouldContain "dsl.Scope.tell"
            failure.message!! shouldNotContain "dsl.Caller.tell"
        }

        test("a package that is on no floor is refused") {
            val failure = shouldThrow<AssertionError> {
                Floors("dev.leasehold.testing.fixture").checkNothingImportsUpward(fixture("upward"))
            }
            failure.message!! shouldContain "upward.memory.Segment"
        }
    }
}
