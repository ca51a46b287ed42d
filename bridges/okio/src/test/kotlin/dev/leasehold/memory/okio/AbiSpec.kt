package dev.leasehold.memory.okio

import dev.leasehold.testing.PublicAbi
import io.kotest.core.spec.style.FunSpec

class AbiSpec : FunSpec() {
    init {
        test("the public ABI is the committed one") {
            PublicAbi.of("leasehold-okio").check()
        }
    }
}
