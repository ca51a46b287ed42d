package dev.leasehold.memory.contract.manager

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.bytes
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

/** Every wrong use of managers and blocks in one table: the call, the exception, and every word of its message. */
class ManagerMisusesSpec : FunSpec({
    class Misuse(
        val what: String,
        val type: Class<out Throwable>,
        val message: (block: Block) -> String,
        val act: (MemoryManager, Block) -> Any?,
    )

    val page = Platform.current.pageSize

    fun size(what: String, message: String, act: (MemoryManager) -> Any?) =
        Misuse(what, InvalidSizeException::class.java, { message }) { manager, _ -> act(manager) }

    fun alignment(figure: Long) = Misuse(
        "an alignment of $figure",
        InvalidAlignmentException::class.java,
        { "an alignment must be a power of two between 1 and the page size of ${bytes(page)}, and was $figure" },
    ) { manager, _ -> manager.allocate(64, figure) }

    fun configuration(what: String, message: String, name: String = "new", configure: ManagerOptions.() -> Unit) =
        Misuse(what, MemoryConfigurationException::class.java, { message }) { _, _ ->
            SystemMemoryManager(name, configure)
        }

    fun ended(what: String, verb: String, remedy: String = "", act: (Block) -> Any?) = Misuse(
        what,
        BlockClosedException::class.java,
        { block ->
            "Block of 10 bytes at 0x${block.address.toString(16)} from manager 'table' was $verb after its last " +
                "reference had been given back$remedy; set traceSites = true on the manager to see where it was " +
                "allocated and closed"
        },
    ) { _, block ->
        block.close()
        act(block)
    }

    val negative = "manager 'table': a size must not be negative, and was"
    val above = "bytes requested, and its limit is 1,048,576 bytes: raise the limit or request less"
    val allocations = listOf(
        size("a negative size", "$negative -1 bytes") { it.allocate(-1) },
        size("the smallest long as a size", "$negative -9,223,372,036,854,775,808 bytes") {
            it.allocate(Long.MIN_VALUE)
        },
        size("a negative size with an alignment", "$negative -64 bytes") { it.allocate(-64, 64) },
        size("a size above the limit", "manager 'table': 1,048,577 $above") { it.allocate(1.MiB + 1) },
        size("the largest long as a size", "manager 'table': 9,223,372,036,854,775,807 $above") {
            it.allocate(Long.MAX_VALUE, 16)
        },
        size(
            "a size above what any system has",
            "manager 'free': 9,223,372,036,854,775,807 bytes requested, and no block may have more than " +
                "140,737,488,355,328 bytes: request less",
        ) {
            SystemMemoryManager("free").allocate(Long.MAX_VALUE)
        },
        alignment(0),
        alignment(-8),
        alignment(3),
        alignment(48),
        alignment(2 * page),
        alignment(Long.MIN_VALUE),
        Misuse(
            "more than the limit leaves",
            MemoryExhaustedException::class.java,
            {
                "manager 'table': 1,048,576 bytes requested, 4,096 bytes of the limit of 1,048,576 bytes are " +
                    "reserved and 16 bytes used: close blocks sooner or raise the limit"
            },
        ) { manager, _ -> manager.allocate(1.MiB) },
    )
    val blocks = listOf(
        ended("a second close", "closed", ": close once for the allocation and once for each retain", Block::close),
        ended("a retain after the end", "retained", act = Block::retain),
        ended("a view after the end", "used", act = Block::asKeptMemorySegment),
        ended("a segment after the end", "used") { it.keptSegment },
        ended("a byte buffer after the end", "used", act = Block::asKeptByteBuffer),
        ended("a scope after the end", "used") { block -> block.withSegment { it.size } },
    )
    val managers = listOf(
        Misuse(
            "closing the system manager",
            UnsupportedOperationException::class.java,
            {
                "the system manager belongs to the whole process and cannot be closed; use SystemMemoryManager(name) " +
                    "for one that can"
            },
        ) { _, _ -> MemoryManager.system().close() },
        Misuse(
            "a closed manager",
            ManagerClosedException::class.java,
            { "manager 'ended' is closed: allocate from a manager that is open" },
        ) { _, _ -> SystemMemoryManager("ended").also(MemoryManager::close).allocate(8) },
        Misuse(
            "closing a manager that has blocks",
            OutstandingBlocksException::class.java,
            {
                "manager 'early' is closed, and 1 block of 64 bytes is allocated; it frees its memory as it is " +
                    "closed; set traceSites = true on the manager to see where it was allocated"
            },
        ) { _, _ ->
            val early = SystemMemoryManager("early")
            val block = early.allocate(64)
            try {
                early.close()
            } finally {
                block.close()
            }
        },
        configuration("a blank name", "the name of a manager must not be blank", " ") {},
        configuration(
            "a limit below a page",
            "manager 'new': the limit of 100 bytes is below one page of ${bytes(page)}",
        ) {
            limit = 100
        },
        configuration("a negative limit", "manager 'new': the limit of -1 bytes is below one page of ${bytes(page)}") {
            limit = -1
        },
        configuration("a negative idle bound", "manager 'new': the idle bound must not be below 0, and was -1") {
            idleBound = -1
        },
        configuration(
            "a negative quarantine in bytes",
            "manager 'new': the quarantine bound in bytes must not be below 0, and was -2",
        ) { quarantineBytes = -2 },
        configuration(
            "a negative quarantine in blocks",
            "manager 'new': the quarantine bound in blocks must not be below 0, and was -3",
        ) { quarantineBlocks = -3 },
    )

    for (misuse in allocations + blocks + managers) {
        test("${misuse.what} is refused in so many words, and nothing changes") {
            val manager = SystemMemoryManager("table") { limit = 1.MiB }
            val block = manager.allocate(10)
            val failure = runCatching { misuse.act(manager, block) }.exceptionOrNull()
            failure?.javaClass shouldBe misuse.type
            failure?.message shouldBe misuse.message(block)
            if (!block.isClosed) block.close()
            manager.stats().used shouldBe 0
            manager.stats().blocks shouldBe 0
            val others = List(3) { manager.allocate(10) }
            others.map(Block::address).toSet().size shouldBe 3
            others.forEach(Block::close)
            manager.allocate(1.MiB).close()
            manager.close()
            manager.stats().reserved shouldBe 0
        }
    }

    test("a block closed once too often in a scope is freed once, and the close too many says so") {
        val manager = SystemMemoryManager("table")
        val block = manager.allocate(10)
        block.withSegment { segment ->
            block.close()
            (runCatching { block.close() }.exceptionOrNull() is BlockClosedException) shouldBe true
            segment.setLong(0, 7)
            segment.getLong(0) shouldBe 7
            manager.stats().blocks shouldBe 1
        }
        manager.stats().blocks shouldBe 0
        val others = List(4) { manager.allocate(10) }
        others.map(Block::address).toSet().size shouldBe 4
        others.forEach(Block::close)
        manager.stats().blocks shouldBe 0
        manager.close()
    }
})
