package dev.leasehold.testing

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.io.File

class PublicAbiSpec : FunSpec() {
    private val classes = File("target/test-classes/dev/leasehold/testing/fixture/exposed")
    private val committed = tempdir().resolve("api/fixture.api")
    private val abi = PublicAbi(committed, classes)

    private fun commit(dump: String) {
        committed.parentFile.mkdirs()
        committed.writeText(dump)
    }

    init {
        test("the same interface passes, and internal declarations are not part of it") {
            val dump = abi.dump()
            dump shouldContain "topLevel"
            dump shouldNotContain "quiet"
            commit(dump)
            abi.check()
        }

        test("a changed interface fails with what is gone, what is new and the command to run") {
            commit(abi.dump().replace("topLevel", "formerName"))
            val message = shouldThrow<AssertionError> { abi.check() }.message!!
            message shouldContain Regex("(?s)Gone from the API:\\R.*formerName.*New in the API:\\R.*topLevel")
            message shouldContain "mvn -q test -Dtest=AbiSpec -Dabi.update"
        }

        test("a missing dump fails with the command to run") {
            committed.delete()
            shouldThrow<AssertionError> { abi.check() }.message!! shouldContain "-Dabi.update"
        }

        test("a folder without class files fails instead of comparing nothing") {
            shouldThrow<IllegalStateException> { PublicAbi(committed, tempdir()).dump() }
                .message!! shouldContain "holds no class files"
        }
    }
}
