package dev.leasehold.memory

import dev.leasehold.testing.VisibleToJava
import io.kotest.core.spec.style.FunSpec
import java.io.File

class VisibleToJavaSpec : FunSpec() {
    init {
        test("Java sees nothing that is not API, but for what is listed") {
            VisibleToJava.ofThisModule().check(File("api/visible-internals.txt"))
        }
    }
}
