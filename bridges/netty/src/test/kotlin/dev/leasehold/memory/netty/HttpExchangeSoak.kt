package dev.leasehold.memory.netty

import io.kotest.core.spec.style.FunSpec

class HttpExchangeSoak : FunSpec() {
    init {
        test("a million requests and their responses leave nothing behind") {
            exchange(1_000_000)
        }
    }
}
