package dev.leasehold.memory.race

import dev.leasehold.memory.support.ChildJvm
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlin.time.Duration.Companion.minutes

/** Ten minutes of [MixedLoad], or `-Dleasehold.soak=60` seconds: resident size ends within 16 MiB of where it began. */
class MixedSoak : FunSpec({
    test("a service that does everything for minutes ends as large as it began").config(
        timeout = 30.minutes,
        invocationTimeout = 30.minutes,
    ) {
        val seconds = System.getProperty("leasehold.soak") ?: "600"
        // The second compiler keeps objects in registers; those it drops where code must be interpreted and the heap is
        // full, which is no fault of the library's.
        val heap = listOf("-Xms128m", "-Xmx128m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC")
        val options = heap + "-XX:TieredStopAtLevel=1" + ChildJvm.NATIVE_ACCESS
        val result = ChildJvm.run(MixedLoad::class, options, seconds, Effort.seed("mixed soak").toString())
        val lines = result.output.lines().filter { "UNCLOSED" !in it && "listener" !in it }
        println(lines.takeLast(3).joinToString("\n"))
        result.exitCode shouldBe 0
    }
})
