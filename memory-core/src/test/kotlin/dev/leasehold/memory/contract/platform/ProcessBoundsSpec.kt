package dev.leasehold.memory.contract.platform

import dev.leasehold.memory.Block
import dev.leasehold.memory.GiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.PosixPlatform
import dev.leasehold.memory.internal.platform.ProcessBounds
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.rent
import dev.leasehold.memory.support.ChildJvm
import dev.leasehold.memory.support.MappedFiles
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch
import io.kotest.matchers.string.shouldNotContain
import java.io.File

/** Has more blocks with a mapping each than the system allows mappings, and closes every other one. */
internal object ManyMappingsMain {
    private val most = File("/proc/sys/vm/max_map_count").readText().trim().toLong()
    private const val SIZE = (1L shl 20) + 4096

    @JvmStatic
    fun main(args: Array<String>) {
        MemoryBudget.root().limit = Long.MAX_VALUE
        val manager = SystemMemoryManager("many")
        val count = (most * 2 + 10_000).toInt()
        val blocks = List(count) { manager.allocate(SIZE).also(::touch) }
        blocks.indices.filter { it % 2 == 0 }.forEach { blocks[it].close() }
        val before = manager.trim()
        check(manager.stats().reserved == count / 2 * SIZE) { "${manager.stats()}, trimmed $before" }
        println("mappings are left: " + (regions() < most * 3 / 4))
        // The virtual machine goes on, and so does the library: where a block was there is room for another.
        repeat(50) { Thread.ofPlatform().start { ByteArray(1 shl 20) }.join() }
        val more = List(count / 4) { manager.allocate(SIZE).also(::touch) }
        println("holes are used again: " + (Platform.current.mappingCount <= count + 10))
        more.forEach(Block::close)
        blocks.indices.filter { it % 2 == 1 }.forEach { blocks[it].close() }
        var rounds = 0
        while (Platform.current.mappingCount > 10 && rounds++ < 1000) check(manager.trim() >= 0)
        println("reserved: ${manager.stats().reserved}, all are unmapped: ${rounds < 1000}")
        manager.close()
    }

    private fun touch(block: Block) {
        // A few have pages.
        if (block.hashCode() % 100 == 0) block.withSegment { it.setByte(0, 1) }
    }

    private fun regions() = File("/proc/self/maps").useLines { it.count() }
}

/** Asks for memory of every kind until the addresses of the process are used up. */
internal object NoSpaceMain {
    @JvmStatic
    fun main(args: Array<String>) {
        MemoryBudget.root().limit = Long.MAX_VALUE
        val manager = SystemMemoryManager("bounded")
        val blocks = ArrayList<Block>()
        while (true) {
            try {
                blocks += manager.allocate(64.MiB)
            } catch (refusal: MemoryException) {
                println(refusal.message)
                break
            }
        }
        RefusedVerbs.tryAll(manager, 600.MiB).forEach(::println)
        val grown = runCatching { blocks.last().resize(2.GiB) }.exceptionOrNull()
        println("resize: ${grown?.javaClass?.simpleName}")
        // What the library left is enough for the virtual machine.
        repeat(20) { Thread.ofPlatform().start { ByteArray(1 shl 20) }.join() }
        System.gc()
        blocks.forEach(Block::close)
        manager.trim()
        RefusedVerbs.tryAll(manager, 600.MiB).forEach { println("afterwards, $it") }
    }
}

/** Every way to memory, each with what it says when it is refused. */
internal object RefusedVerbs {
    fun tryAll(manager: SystemMemoryManager, size: Long): List<String> = listOf(
        saying("a block") { manager.allocate(size).close() },
        saying("a lease") { MemoryPool.isolated("bounded").use { pool -> pool.rent(size).close() } },
        saying("a fixed pool") { MemoryPool.fixed("bounded", size / 8, 8).close() },
        saying("a file") {
            MappedFiles.withPath { path -> MappedMemoryManager.create(path) { maxSize = maxOf(size, 64.MiB) }.close() }
        },
    )

    private fun saying(what: String, action: () -> Unit): String = try {
        action()
        "$what: granted"
    } catch (refusal: MemoryException) {
        "$what: ${refusal.javaClass.simpleName}: ${refusal.message}"
    }
}

class ProcessBoundsSpec : FunSpec() {
    private val isLinux = Platform.current.name == "Linux"
    private val serial = listOf(ChildJvm.NATIVE_ACCESS, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")

    init {
        test("with more blocks than mappings every other one goes back, and the virtual machine has mappings left")
            .config(enabled = isLinux) {
                val options = serial + "-Xmx512m"
                val result = ChildJvm.run(ManyMappingsMain::class, options)
                result.output.trim() shouldBe """
                    |mappings are left: true
                    |holes are used again: true
                    |reserved: 0, all are unmapped: true
                """.trimMargin()
                result.exitCode shouldBe 0
            }

        test("a refusal where the process has all mappings that it may have says so, and any other names its number")
            .config(enabled = isLinux) {
                val bounded = PosixPlatform.linux(ProcessBounds(10, Long.MAX_VALUE, hugePages = false))
                bounded.map(MORE_THAN_THERE_IS) shouldBe 0
                bounded.refusal(MORE_THAN_THERE_IS)!!.run { "$why; $remedy" } shouldMatch
                    Regex(
                        "the process has [0-9,]+ of the 10 mappings that it may have \\(vm.max_map_count\\); raise that bound",
                    )
                Platform.current.refusal(MORE_THAN_THERE_IS)!!.run { "$why; $remedy" } shouldBe
                    "mmap: errno 12; give the process more memory"
                Platform.current.refusal(4096) shouldBe null
            }

        test("where addresses are bounded the library leaves some to the virtual machine, and says what the bound is")
            .config(enabled = isLinux) {
                val options = serial + listOf(
                    "-Xmx128m",
                    "-XX:ReservedCodeCacheSize=64m",
                    "-XX:CompressedClassSpaceSize=64m",
                )
                val result = ChildJvm.runBounded("ulimit -v 4194304", NoSpaceMain::class, options)
                result.output shouldContain Regex(
                    "manager 'bounded': the system refused memory for 67,108,864 bytes \\([0-9,]+ bytes reserved, " +
                        "[0-9,]+ bytes used\\): the process may have 4,294,967,296 bytes of addresses " +
                        "\\(RLIMIT_AS\\), [0-9,]+ bytes are taken, and 536,870,912 bytes are left to the virtual " +
                        "machine; close blocks sooner, or raise the limit \\(ulimit -v\\)",
                )
                for (what in listOf("a block", "a lease", "a fixed pool")) {
                    result.output shouldContain "$what: MemoryExhaustedException: "
                    result.output shouldContain "afterwards, $what: granted"
                }
                result.output shouldContain Regex(
                    "a file: MappedFileAccessException: the file .* cannot be made: mmap of [0-9,]+ bytes: the " +
                        "process may have 4,294,967,296 bytes of addresses .*; use a smaller maxSize, or raise " +
                        "the limit",
                )
                result.output shouldContain "afterwards, a file: granted"
                result.output shouldContain "resize: MemoryExhaustedException"
                result.output shouldNotContain "fatal error"
                result.exitCode shouldBe 0
            }

        test("where the system makes huge pages unasked, what is paid for page by page has none").config(
            enabled = isLinux && File("/sys/kernel/mm/transparent_hugepage").exists(),
        ) {
            for (isUnasked in listOf(true, false)) {
                val platform = PosixPlatform.linux(ProcessBounds(65_530, Long.MAX_VALUE, isUnasked))
                val address = platform.map(4.MiB)
                platform.holdSinglePages(address, 4.MiB)
                ("nh" in flagsAt(address)) shouldBe isUnasked
                platform.unmap(address, 4.MiB)
            }
        }
    }

    private companion object {
        const val MORE_THAN_THERE_IS = 1L shl 50
    }

    /** The flags of the mapping that has [address]. */
    private fun flagsAt(address: Long): List<String> {
        var isInside = false
        for (line in File("/proc/self/smaps").readLines()) {
            val range = Regex("([0-9a-f]+)-([0-9a-f]+) .*").matchEntire(line)?.groupValues
            if (range != null) isInside = address in range[1].toULong(16).toLong() until range[2].toULong(16).toLong()
            if (isInside && line.startsWith("VmFlags:")) return line.removePrefix("VmFlags:").trim().split(' ')
        }
        error("nothing is mapped at $address")
    }
}
