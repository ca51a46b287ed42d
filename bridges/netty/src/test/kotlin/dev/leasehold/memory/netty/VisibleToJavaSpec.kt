package dev.leasehold.memory.netty

import dev.leasehold.testing.VisibleToJava
import io.kotest.core.spec.style.FunSpec

class VisibleToJavaSpec : FunSpec() {
    init {
        test("Java sees nothing that is not API") {
            VisibleToJava.ofThisModule().check()
        }
    }
}
