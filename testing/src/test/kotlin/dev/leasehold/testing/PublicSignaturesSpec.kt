package dev.leasehold.testing

import com.tngtech.archunit.core.importer.ClassFileImporter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder

class PublicSignaturesSpec : FunSpec() {
    private val exposed = ClassFileImporter().importPackages("dev.leasehold.testing.fixture.exposed")

    private fun refused(crossings: Set<String>, facades: Set<String>): List<String> =
        shouldThrow<AssertionError> { PublicSignatures(crossings, facades).check(exposed) }
            .message!!.lines().drop(1).map { it.removePrefix("dev.leasehold.testing.fixture.exposed.") }

    init {
        test("every platform type outside of a crossing is found, also inside generic arguments") {
            refused(crossings = setOf("asByteBuffer"), facades = setOf("Facade")) shouldContainExactlyInAnyOrder
                listOf("View.constructor", "View.leak", "View.hidden", "View.property", "ExposedKt.topLevel")
        }

        test("a crossing may be named for one class only, and a facade is checked when it is not named") {
            refused(
                crossings = setOf("View.leak", "Other.asByteBuffer"),
                facades = emptySet(),
            ) shouldContainExactlyInAnyOrder
                listOf(
                    "View.constructor",
                    "View.asByteBuffer",
                    "View.hidden",
                    "View.property",
                    "ExposedKt.topLevel",
                    "Facade.segment",
                )
        }
    }
}
