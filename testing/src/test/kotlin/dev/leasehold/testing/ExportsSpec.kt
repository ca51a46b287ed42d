package dev.leasehold.testing

import com.tngtech.archunit.core.importer.ClassFileImporter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.lang.module.ModuleDescriptor

private const val BEHIND = "dev.leasehold.testing.fixture.behind.memory"

class ExportsSpec : FunSpec() {
    private val classes = ClassFileImporter().importPackages(BEHIND)

    private fun module() = ModuleDescriptor.newModule("fixture").exports("$BEHIND.dsl")

    init {
        test("what is published for inlining out of a package that is not exported is refused") {
            val module = module().packages(setOf("$BEHIND.internal.block")).build()
            shouldThrow<AssertionError> { Exports(module).checkThatInlinedCodeIsReachable(classes) }.message shouldBe
                "@PublishedApi in packages that fixture does not export: $BEHIND.internal.block.Published"
        }

        test("a package that is exported to some modules only does not count as exported") {
            val module = module().exports("$BEHIND.internal.block", setOf("friend")).build()
            shouldThrow<AssertionError> { Exports(module).checkThatInlinedCodeIsReachable(classes) }
        }

        test("an exported package may publish") {
            Exports(module().exports("$BEHIND.internal.block").build()).checkThatInlinedCodeIsReachable(classes)
        }
    }
}
