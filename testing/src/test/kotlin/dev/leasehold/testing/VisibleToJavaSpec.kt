package dev.leasehold.testing

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.string.shouldContain
import java.nio.file.Path

class VisibleToJavaSpec : FunSpec() {
    private val classes = Path.of("target/test-classes")
    private val visible = VisibleToJava(classes, setOf(HIDDEN_FIXTURE))

    init {
        test("every internal class and member that Java sees is named, and nothing of the API") {
            visible.internals().map { it.removePrefix("$HIDDEN_FIXTURE.") } shouldContainExactlyInAnyOrder
                HIDDEN_MEMBERS + UNHIDEABLE
        }

        test("a package that is not exported may hold what it likes") {
            VisibleToJava(classes, setOf("$HIDDEN_FIXTURE.elsewhere")).internals().shouldBeEmpty()
        }

        test("a package with such classes fails") {
            shouldThrow<AssertionError> { visible.check() }.message!! shouldContain
                "Java sees what is not API:\n$HIDDEN_FIXTURE.Account\$Draft\n"
        }

        test("a package without them passes") {
            VisibleToJava(classes, setOf("$HIDDEN_FIXTURE.elsewhere")).check()
        }
    }
}
