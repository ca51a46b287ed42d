package dev.leasehold.benchmarks

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.time.Duration
import java.util.concurrent.TimeUnit
import kotlin.time.Duration.Companion.minutes

class BusyProcessSpec : FunSpec() {
    init {
        test("the neighbours burn processor time until they are closed") {
            val busy = BusyProcess(1)
            busy.use {
                // Starting a JVM takes less than this.
                eventually(2.minutes) { processorTime(it.handle) shouldBeGreaterThan Duration.ofSeconds(3) }
            }
            busy.handle.isAlive shouldBe false
        }

        test("they end by themselves when nobody holds their input any more") {
            BusyProcess(1).use {
                it.endInput()
                it.handle.onExit().get(2, TimeUnit.MINUTES).isAlive shouldBe false
            }
        }
    }

    private fun processorTime(process: ProcessHandle): Duration =
        process.info().totalCpuDuration().orElse(Duration.ZERO)
}
