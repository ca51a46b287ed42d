package dev.leasehold.memory.contract.view

import dev.leasehold.memory.MemoryHolder
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.allocate
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch
import io.kotest.matchers.string.shouldNotContain

/** What the error says of a kept view that is used too late. */
class LateViewSpec : FunSpec({
    val sources = mapOf<String, (Boolean, (() -> MemoryHolder) -> Unit) -> Unit>(
        "a shared lease" to { traced, body ->
            MemoryPool.isolated("late") { traceSites = traced }.use { pool -> body { pool.rentShared(64) } }
        },
        "a shared lease of a fixed pool" to { traced, body ->
            MemoryPool.fixed("late", 64, 4) { traceSites = traced }.use { pool -> body { pool.rentShared(64) } }
        },
        "a block" to { traced, body ->
            SystemMemoryManager("late") { traceSites = traced }.use { manager -> body { manager.allocate(64) } }
        },
        "a run of pages" to { traced, body ->
            SystemMemoryManager("late") { traceSites = traced }.use { manager -> body { manager.allocatePages(1) } }
        },
        "a block with a mapping of its own" to { traced, body ->
            SystemMemoryManager("late") { traceSites = traced }.use { manager -> body { manager.allocate(2L shl 20) } }
        },
    )
    for ((what, with) in sources) {
        test("a traced view of $what names its owner, and the lines that took and closed it") {
            with(true) { take ->
                val holder = take()
                val view = holder.keptSegment
                holder.close()
                val failure = shouldThrow<ViewClosedException> { view.getByte(0) }
                failure.ownerName shouldBe "late"
                failure.message!! shouldContain "'late' can no longer be used"
                // Taken in the source above, closed here.
                failure.message!! shouldMatch "(?s).*LateViewSpec\\.kt:\\d+.*LateViewSpec\\.kt:\\d+.*"
                failure.message!! shouldNotContain "set traceSites"
            }
        }
    }

    test("a view that is not traced names its owner once it is cut off, and the option that shows the lines") {
        SystemMemoryManager("plain").use { manager ->
            val block = manager.allocate(2L shl 20)
            val view = block.keptSegment
            block.close()
            val failure = shouldThrow<ViewClosedException> { view.getByte(0) }
            failure.ownerName shouldBe "plain"
            failure.message!! shouldContain "of manager 'plain' can no longer be used"
            failure.message!! shouldContain "set traceSites = true to see where it was taken and closed"
        }
    }

    test("a view of a traced lease of one thread names its pool, too") {
        MemoryPool.isolated("confined") { traceSites = true }.use { pool ->
            val view = pool.rent(64).use { it.segment }
            val failure = shouldThrow<ViewClosedException> { view.getByte(0) }
            failure.ownerName shouldBe "confined"
        }
    }
})
