package dev.leasehold.samples.guide

import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.SystemMemoryManager
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch
import io.kotest.matchers.string.shouldStartWith
import java.lang.foreign.MemorySegment
import java.util.concurrent.LinkedBlockingQueue

/** The guide's snippets on managers and blocks do what the guide says of them. */
class ManagerSnippetsSpec : FunSpec() {
    private val manager = SystemMemoryManager("guide")

    init {
        afterTest { manager.stats().used shouldBe 0 }

        test("a block is written, read and freed by its last reference") {
            Managers.own() shouldBe 42
            val received = LinkedBlockingQueue<String>()
            Managers.handOver(manager, received)
            received.toList() shouldBe listOf("order 4711")
        }

        test("a block is used in a scope, or through a view that is kept, and refuses afterwards") {
            manager.allocate(400).use { Managers.scoped(it) } shouldBe 100 * 7
            Managers.kept(manager)!! shouldContain "was used after its last reference had been given back"
        }

        test("a block that grows keeps its content, and other holders keep the old one") {
            val reports = mutableListOf<String>()
            Managers.grow(manager) { reports += it }
            reports.shouldContainExactly("the reader keeps ${96 shl 10} bytes, and you have ${4 shl 20}")
        }

        test("a write behind the end is found, and reported as the guide shows it") {
            val reports = mutableListOf<String?>()
            Managers.guarded(
                { address, bytes -> MemorySegment.ofAddress(address).reinterpret(bytes).fill(7) },
            ) { reports += it }
            reports.single()!! shouldMatch Regex(
                "Block of 100 bytes at 0x[0-9a-f]+ from manager 'images' was written outside of its bounds: " +
                    "1 byte behind its end is overwritten, at offset 100 with 0x07; native code, or a " +
                    "pointer made from an address, did that while the block was held; allocated at " +
                    """dev\.leasehold\.samples\.guide\.Managers\.guarded\(Managers\.kt:\d+\); closed at .*""",
            )
        }

        test("a block that was forgotten is named with its place when the manager is closed") {
            val reports = mutableListOf<String?>()
            Managers.forgotten { reports += it }
            val (first, second) = reports.single()!!.lines()
            first shouldStartWith "manager 'orders' is closed, and 1 block of "
            second shouldMatch
                Regex("""  1 block of 100 bytes allocated at .*Managers\.forgotten\(Managers.kt:.*""")
        }

        test("all blocks are taken back at once, and the manager goes on") {
            Managers.takeBack(manager) shouldBe 1000
        }

        test("another budget pays for a block") {
            val reports = mutableListOf<String>()
            MemoryBudget("store").use { store -> Managers.pay(store) { reports += it } }
            reports.single() shouldContain Regex("^${1 shl 20} bytes are the store's$")
        }
    }
}
