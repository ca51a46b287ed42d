package dev.leasehold.testing

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe

class ShrinkingListSpec : FunSpec() {
    private val file = tempdir().resolve("known.txt")
    private val list = ShrinkingList(file, "-Dtest=RuleSpec")

    private fun refused(vararg found: String): String? =
        shouldThrow<AssertionError> { list.check(found.toList(), "Wrong") }.message

    private fun updated(vararg found: String) {
        System.setProperty("abi.update", "")
        try {
            list.check(found.toList(), "Wrong")
        } finally {
            System.clearProperty("abi.update")
        }
    }

    init {
        beforeTest { file.writeText("one\ntwo\n") }

        test("what is listed is excused") {
            list.check(listOf("one", "two"), "Wrong")
        }

        test("what is not listed fails, also while the list is updated") {
            refused("one", "two", "three") shouldBe "Wrong:\nthree"
            shouldThrow<AssertionError> { updated("one", "three") }
            file.readText() shouldBe "one\ntwo\n"
        }

        test("what is listed and no longer there fails with the command to run") {
            refused("two") shouldBe "Good, these are no more. Run `mvn -q test -Dtest=RuleSpec -Dabi.update`:\none"
        }

        test("an update takes off what is no longer there, and the file with the last of it") {
            updated("two")
            file.readText() shouldBe "two\n"
            updated()
            file.exists() shouldBe false
            list.check(emptyList(), "Wrong")
        }
    }
}
