package dev.leasehold.memory.fault

import dev.leasehold.memory.support.ChildJvm
import dev.leasehold.testing.Effort
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain

/** A stack that is really full, in interpreted code and in compiled code, whose frames have other sizes. */
class NaturalOverflowSpec : FunSpec({
    for ((mode, option) in listOf("interpreted" to "-Xint", "compiled" to "-XX:+TieredCompilation")) {
        test("a stack that is full in $mode code leaves all pools whole, and loses nothing") {
            val seconds = Effort.times(4).toString()
            val seed = Effort.seed("natural overflow").toString()
            val result = ChildJvm.run(
                DeepRents::class,
                listOf(option, "-Xmx512m", ChildJvm.NATIVE_ACCESS),
                seconds,
                seed,
            )
            println(result.output.lines().firstOrNull { "dives" in it })
            withClue(result.output.take(4_000)) {
                result.exitCode shouldBe 0
                result.output shouldContain "dives"
                result.output shouldNotContain "SEVERE"
            }
        }
    }

    test("threads that come new to a pool at the end of small stacks lose no lease and leave no lock behind") {
        val pools = Effort.times(20)
        val result = ChildJvm.run(FreshDives::class, listOf("-Xmx512m", ChildJvm.NATIVE_ACCESS), pools.toString())
        withClue(result.output.take(4_000)) {
            result.exitCode shouldBe 0
            result.output shouldContain "$pools pools are whole"
            result.output shouldNotContain "SEVERE"
        }
    }
})
