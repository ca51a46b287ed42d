package dev.leasehold.benchmarks

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import org.openjdk.jmh.infra.Control
import kotlin.concurrent.thread

class HandOffRingSpec : FunSpec({
    test("items arrive once and in order") {
        val ring = HandOffRing<String>(4)
        val control = Control()
        val items = (1..1_000).map { "item $it" }
        val failures = mutableListOf<Throwable>()
        val producer = thread(start = false) { items.forEach { check(ring.put(it, control)) } }
        producer.setUncaughtExceptionHandler { _, failure -> failures += failure }
        producer.start()
        val taken = items.map { ring.take(control) }
        producer.join()
        failures shouldBe emptyList()
        taken shouldContainExactly items
    }

    test("neither side waits once the measurement is over") {
        val over = Control().apply { stopMeasurement = true }
        val ring = HandOffRing<String>(1)
        ring.take(over) shouldBe null
        ring.put("first", over) shouldBe true
        ring.put("second", over) shouldBe false
    }

    test("draining takes what is left") {
        val ring = HandOffRing<String>(4)
        val control = Control()
        listOf("a", "b").forEach { ring.put(it, control) shouldBe true }
        val left = mutableListOf<String>()
        ring.drain { left += it }
        left shouldContainExactly listOf("a", "b")
    }
})
