package dev.leasehold.memory.contract.view

import dev.leasehold.memory.access
import dev.leasehold.memory.support.ChildJvm
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

class ClosedViewSpec : FunSpec({
    val many = Effort.times(20_000).toString()
    val ways = listOf(
        Triple("interpreted", listOf("-Xint"), "400"),
        Triple("compiled by C1", listOf("-XX:TieredStopAtLevel=1"), many),
        Triple("compiled by C2", listOf("-XX:-TieredCompilation"), many),
        Triple("compiled in tiers", listOf("-XX:+TieredCompilation"), many),
    )
    for ((way, options, rounds) in ways) {
        test("a view of a closed lease throws, also a slice, when its code is $way") {
            val child = ChildJvm.run(ClosedViewMain::class, options + ChildJvm.NATIVE_ACCESS, rounds)
            child.output shouldContain "VERDICT: all refused"
            child.exitCode shouldBe 0
        }
    }

    test("a run that lets an access through is not taken for a good one") {
        val child = ChildJvm.run(ClosedViewMain::class, emptyList(), "400")
        child.exitCode shouldBe 1
    }
})
