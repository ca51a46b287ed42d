package dev.leasehold.memory.device

import dev.leasehold.testing.PublicAbi
import io.kotest.core.spec.style.FunSpec

class AbiSpec : FunSpec() {
    init {
        test("the public ABI is the committed one") {
            PublicAbi.of("memory-device").check()
        }
    }
}
