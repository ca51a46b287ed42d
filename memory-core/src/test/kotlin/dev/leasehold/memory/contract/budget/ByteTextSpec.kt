package dev.leasehold.memory.contract.budget

import dev.leasehold.memory.internal.budget.BudgetNode
import dev.leasehold.memory.internal.budget.ByteText
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

class ByteTextSpec : FunSpec({
    test("bytes are written in the largest unit that is exact") {
        ByteText.of(0) shouldBe "0 bytes"
        ByteText.of(1) shouldBe "1 byte"
        ByteText.of(1000) shouldBe "1,000 bytes"
        ByteText.of(1024) shouldBe "1 KiB"
        ByteText.of(1025) shouldBe "1,025 bytes"
        ByteText.of(1536) shouldBe "1,536 bytes"
        ByteText.of(4L shl 20) shouldBe "4 MiB"
        ByteText.of(1536L shl 20) shouldBe "1,536 MiB"
        ByteText.of(3L shl 30) shouldBe "3 GiB"
        ByteText.of(5L shl 50) shouldBe "5,120 TiB"
        ByteText.of(Long.MAX_VALUE) shouldBe "9,223,372,036,854,775,807 bytes"
    }

    test("the largest long is no limit") {
        ByteText.ofLimit(Long.MAX_VALUE) shouldBe "no limit"
        ByteText.ofLimit(0) shouldBe "0 bytes"
        ByteText.usage("app", 3, Long.MAX_VALUE) shouldBe "app: 3 bytes used, no limit"
    }

    test("a refusal names the whole path") {
        val ingest = BudgetNode("ingest", 1L shl 30, BudgetNode("app", 8L shl 30, null))
        val sockets = BudgetNode("sockets", 512L shl 20, ingest)
        sockets.reserve(512L shl 20)?.refusal shouldBe null
        sockets.reserve(4L shl 20)?.refusal.toString() shouldBe
            "app › ingest › sockets: 512 MiB of 512 MiB used, 4 MiB requested"
    }
})
