package dev.leasehold.memory.model

import dev.leasehold.memory.Block
import dev.leasehold.memory.GiB
import dev.leasehold.memory.KiB
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

class ManagerModelSpec : FunSpec({
    val steps = Effort.times(4_000)
    val managers = mapOf<String, ManagerOptions.() -> Unit>(
        "of one's own" to {},
        "with a limit" to { limit = 4.MiB },
        "that keeps nothing idle" to { idleBound = 0 },
        "with a tiny quarantine" to {
            quarantineBytes = 8.KiB
            quarantineBlocks = 8
        },
        "without quarantine" to { quarantineBytes = 0 },
    )
    for ((kind, configure) in managers) {
        test("a manager $kind is at every step what a list of blocks says that it is") {
            val manager = SystemMemoryManager("model", configure)
            val model = ManagerModel(manager, Effort.seed("a manager $kind against its model"))
            model.use { it.run(steps) }
            if (manager.limit < 1.GiB) model.refusals shouldBeGreaterThan 0 else model.refusals shouldBe 0
            manager.close()
            manager.stats().reserved shouldBe 0
        }
    }

    test("the model finds bytes that were written behind its back") {
        SystemMemoryManager("scribbled").use { manager ->
            val model = ManagerModel(manager, 1, Scribbler(manager)::allocate)
            val failure = shouldThrow<AssertionError> { model.run(5_000) }
            failure.cause?.message.shouldNotBeNull() shouldContain " was written"
            // What the model had then is still allocated.
            shouldThrow<OutstandingBlocksException> { manager.close() }
        }
    }
})

/** Broken: allocating a block now and then changes a byte of one that was given out before. */
private class Scribbler(private val manager: MemoryManager) {
    private val given = ArrayList<Block>()

    fun allocate(size: Long): Block {
        val victim = given.lastOrNull { it.size > 64 && !it.isClosed }
        if (given.size % 10 == 9) victim?.withSegment { it.setByte(0, -1) }
        return manager.allocate(size).also(given::add)
    }
}
