package dev.leasehold.samples.guide

import dev.leasehold.memory.SystemMemoryManager
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith

/** The guide's snippets on typed memory do what the guide says of them. */
class TypedSnippetsSpec : FunSpec() {
    private val manager = SystemMemoryManager("guide")
    private val reports = mutableListOf<String>()

    init {
        afterTest {
            manager.stats().blocks shouldBe 0
            reports.clear()
        }

        test("structs are read and written by their fields") {
            Typed.structs(manager) shouldBe 1.5f
        }

        test("a handle that was stored names nothing once its object is freed") {
            Typed.objects(reports::add).index shouldBe 0
            reports.shouldContainExactly("the sun shines: false")
        }

        test("an object can be read and held while others may free it") {
            Typed.holding(reports::add)
            reports.shouldContainExactly("seen: 7, now: 8")
        }

        test("a buffer goes from one owner to several") {
            Typed.buffers(manager) shouldBe 4f
        }

        test("a small buffer takes what several threads push") {
            Typed.events() shouldContainExactlyInAnyOrder listOf(0L, 1L, 2L, 3L)
        }

        test("collections live off the heap") {
            Typed.collections(manager, reports::add)
            reports.single() shouldStartWith "1000 ids, 900, Vega, "
        }

        test("a collection is found again in its block") {
            Typed.reopened(manager) shouldBe 4711
        }

        test("a ring hands chunks from thread to thread") {
            Typed.ring(manager) shouldBe 5050
        }
    }
}
