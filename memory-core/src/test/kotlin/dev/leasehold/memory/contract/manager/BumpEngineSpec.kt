package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.Block
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.block.Request
import dev.leasehold.memory.internal.engine.Taken
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.model.ManagerModel
import dev.leasehold.memory.model.PageModel
import dev.leasehold.memory.support.BumpEngine
import dev.leasehold.memory.support.together
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.kotest.matchers.types.shouldNotBeSameInstanceAs
import kotlin.random.Random

/** What an engine that is no slab does with its memory, beside what every manager does. */
class BumpEngineSpec : FunSpec() {
    private val page = Platform.current.pageSize
    private val managers = mapOf<String, ManagerOptions.() -> Unit>(
        "without a limit" to {},
        "with a limit" to { limit = 2.MiB },
    )

    private fun manager(configure: ManagerOptions.() -> Unit = {}) = BumpEngine.manager("bump", configure = configure)

    init {
        test("the pointer moves up, and retreats over all that is free at the top") {
            manager().use { manager ->
                val blocks = List(4) { manager.allocate(page) }
                blocks.map { (it.address - blocks[0].address) / page } shouldBe listOf(0L, 1L, 2L, 3L)
                blocks[1].close()
                blocks[2].close()
                manager.stats().reserved shouldBe 4 * page
                blocks[3].close()
                manager.stats().reserved shouldBe page
                blocks[0].close()
                manager.stats().reserved shouldBe 0
            }
        }

        test("the first hole that fits is taken, and neighbouring holes are one") {
            manager().use { manager ->
                val blocks = List(6) { manager.allocate(128) }
                intArrayOf(0, 3, 2).forEach { blocks[it].close() }
                val double = manager.allocate(256)
                double.address shouldBe blocks[2].address
                val single = manager.allocate(100)
                single.address shouldBe blocks[0].address
                val top = manager.allocate(65)
                top.address shouldBe blocks[5].address + 128
                (listOf(double, single, top) + listOf(1, 4, 5).map(blocks::get)).forEach(Block::close)
            }
        }

        test("a block grows in place at the top and into a hole, and else moves") {
            manager().use { manager ->
                val first = manager.allocate(64)
                val second = manager.allocate(64)
                second.resize(1000) shouldBeSameInstanceAs second
                val third = manager.allocate(64)
                second.close()
                first.resize(1024) shouldBeSameInstanceAs first
                val moved = first.resize(1100)
                moved shouldNotBeSameInstanceAs first
                moved.address shouldBe third.address + 64
                third.close()
                moved.close()
            }
        }

        test("the pages of holes are no reason to refuse") {
            manager { limit = 4 * page }.use { manager ->
                val blocks = List(4) { manager.allocate(page) }
                shouldThrow<MemoryExhaustedException> { manager.allocate(1) }
                blocks[0].close()
                blocks[2].close()
                // Too large for either hole, so it lies at the top, and the pages of the holes pay for it.
                val large = manager.allocate(2 * page)
                large.address shouldBe blocks[3].address + page
                manager.stats().idle shouldBe 0
                listOf(blocks[1], blocks[3], large).forEach(Block::close)
            }
        }

        test("a request waits for what is given back, and is served in the order of the line") {
            val options = ManagerOptions().apply { limit = page }
            val config = SystemMemoryManager.configFor("waited", options, Platform.current)
            val engine = BumpEngine(config)
            fun give(taken: Taken, size: Long) = taken.source.giveBack(taken.address, taken.code, size)
            val all = checkNotNull(engine.take(Request(page)))
            val served = ArrayList<Int>()
            together(4) { worker ->
                if (worker == 3) {
                    await("three wait") { engine.line.length == 3 }
                    engine.take(Request(64)) shouldBe null
                    give(all, page)
                } else {
                    await("it is the turn of $worker") { engine.line.length == worker }
                    val taken = checkNotNull(engine.await(Request(page, nanos = Long.MAX_VALUE / 4)))
                    served.add(worker)
                    give(taken, page)
                }
            }
            served shouldBe listOf(0, 1, 2)
            engine.close().openLeases shouldBe 0
            config.leaf.reserved shouldBe 0
        }

        for ((kind, configure) in managers) {
            test("a manager over a file $kind is at every step what a list of blocks says that it is") {
                val manager = manager(configure)
                val model = ManagerModel(manager, Effort.seed("blocks in a file $kind"))
                model.use { it.run(Effort.times(2_000)) }
                if (manager.limit == 2.MiB) model.refusals shouldBeGreaterThan 0
                manager.close()
                manager.stats().reserved shouldBe 0
            }

            test("runs of a manager over a file $kind are at every step what a list of pages says that they are") {
                val manager = manager(configure)
                val model = PageModel(manager, Effort.seed("runs in a file $kind"))
                model.use { it.run(Effort.times(2_000)) }
                model.inPlace shouldBeGreaterThan 0
                model.moves shouldBeGreaterThan 0
                manager.close()
                manager.stats().reserved shouldBe 0
            }
        }

        test("nothing is lost where threads allocate, resize and close at once") {
            val manager = manager { limit = 1.MiB }
            val seed = Effort.seed("threads over a file")
            together(4) { worker ->
                val random = Random(seed + worker)
                repeat(Effort.times(1_000)) {
                    try {
                        var block = manager.allocate(random.nextLong(1, 100_000))
                        val mark = random.nextInt().toByte()
                        block.withSegment { it.setByte(0, mark) }
                        try {
                            block = block.resize(random.nextLong(1, 100_000))
                            block.withSegment { it.getByte(0) } shouldBe mark
                        } finally {
                            block.close()
                        }
                    } catch (_: MemoryExhaustedException) {
                        manager.trim()
                    }
                }
            }
            manager.stats().blocks shouldBe 0
            manager.close()
            manager.stats().reserved shouldBe 0
        }
    }
}
