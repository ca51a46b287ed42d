package dev.leasehold.memory.contract.permanent

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MiB
import dev.leasehold.memory.ReadOnlySegmentException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.internal.permanent.ForeignMemory
import dev.leasehold.memory.internal.permanent.RegistryLayout
import dev.leasehold.memory.internal.permanent.RegistryMaking
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.ProcessRefusal
import dev.leasehold.memory.internal.platform.SystemSpace
import dev.leasehold.memory.permanent.AddressNotMappedException
import dev.leasehold.memory.permanent.AddressRange
import dev.leasehold.memory.permanent.AddressSpace
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.permanent.PermanentMemoryFullException
import dev.leasehold.memory.permanent.PermanentTable
import dev.leasehold.memory.permanent.ProcessAccessException
import dev.leasehold.memory.permanent.ProcessGoneException
import dev.leasehold.memory.permanent.ProcessMemory
import dev.leasehold.memory.permanent.ProcessMemoryClosedException
import dev.leasehold.memory.support.ChildJvm
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE

/** A process that has permanent memory, and says on its lines where; it ends when its input does. */
internal object MemoryHolder {
    @JvmStatic
    fun main(args: Array<String>) {
        val memory = PermanentMemory.obtain(1_000, AddressRange.LOW_4_GIB)
        val table = PermanentTable.obtain("greetings")
        table.append("hello".encodeToByteArray())
        val text = memory.append("held by another".encodeToByteArray())
        println("${memory.base} $text")
        while (true) {
            when (readlnOrNull() ?: return) {
                "grow" -> println(PermanentMemory.obtain(8.MiB).base)
                "table" -> println((0 until table.size).joinToString { table[it].getUtf8() })
                "read" -> println(memory.view(text, 22).getUtf8())
            }
        }
    }
}

class ProcessMemorySpec : FunSpec() {
    private val own = ProcessHandle.current().pid()

    private class Holder : AutoCloseable {
        private val process = ChildJvm.start(MemoryHolder::class, listOf(ChildJvm.NATIVE_ACCESS, "-Xmx64m"))
        private val input = process.outputWriter()
        private val output = process.inputReader()
        val number: Long = process.pid()
        private val places = readLine().split(' ').map(String::toLong)
        val base = places[0]
        val text = places[1]

        private fun readLine(): String = output.readLine() ?: error("the other process has ended")

        fun ask(line: String): String {
            input.write("$line\n")
            input.flush()
            return readLine()
        }

        fun kill() {
            process.destroyForcibly().waitFor()
        }

        override fun close() = kill()
    }

    private fun withHolder(action: (Holder, ProcessMemory) -> Unit) =
        Holder().use { holder -> ProcessMemory.open(holder.number).use { action(holder, it) } }

    init {
        test("the buffers of another process are listed, read where they lie, and appended to") {
            withHolder { holder, other ->
                val memory = other.buffers().single { it.holds(holder.text, 15) }
                memory.base shouldBe holder.base
                memory.view(holder.text, 15).getUtf8() shouldBe "held by another"
                memory.view(holder.text, 15).address shouldNotBe holder.text
                val address = memory.append(" and me".encodeToByteArray())
                memory.holds(address, 7) shouldBe true
                holder.ask("read") shouldBe "held by another and me"
            }
        }

        test("what the other process makes later is found, too") {
            withHolder { holder, other ->
                val before = other.buffers()
                val base = holder.ask("grow").toLong()
                val after = other.buffers()
                after.size shouldBe before.size + 1
                after.last().base shouldBe base
                after.take(before.size) shouldBe before
            }
        }

        test("tables of another process are found by name, read, and appended to") {
            withHolder { holder, other ->
                other.tables() shouldBe listOf("greetings")
                other.table("none").shouldBeNull()
                val table = other.table("greetings").shouldNotBeNull()
                table[0].size shouldBe 5
                table[0].getUtf8() shouldBe "hello"
                List(100) { table.append("from here $it".encodeToByteArray()) } shouldBe List(100) { it + 1L }
                holder.ask("table") shouldBe "hello, " + (0 until 100).joinToString { "from here $it" }
            }
        }

        test("a table of another process that has no room left refuses, and the process goes on") {
            withHolder { _, other ->
                val table = other.table("greetings").shouldNotBeNull()
                table[0].size shouldBe 5
                shouldThrow<PermanentMemoryFullException> { repeat(100_000) { table.append(ByteArray(4096)) } }
                table[0].getUtf8() shouldBe "hello"
            }
        }

        test("memory of another process is read by its address") {
            withHolder { holder, other ->
                Arena.ofConfined().use { arena ->
                    val into = Segment.of(arena.allocate(15))
                    other.read(holder.text, into)
                    into.getUtf8() shouldBe "held by another"
                }
                val onHeap = ByteArray(4)
                other.read(holder.text, MemorySegment.ofArray(onHeap))
                onHeap.decodeToString() shouldBe "held"
                other.regions().count { holder.base in it.range } shouldBe 1
                other.regions().size shouldBeGreaterThan 50
            }
        }

        test("what is read is not written where it must not be: in memory that has ended, or cannot be written") {
            withHolder { holder, other ->
                val closed = Arena.ofConfined().use { it.allocate(15) }
                shouldThrow<ViewClosedException> { other.read(holder.text, closed) }
                val readOnly = MemorySegment.ofArray(ByteArray(15)).asReadOnly()
                shouldThrow<ReadOnlySegmentException> { other.read(holder.text, readOnly) }
                readOnly.toArray(JAVA_BYTE).all { it == 0.toByte() } shouldBe true
                val large = MemorySegment.ofArray(ByteArray(3_000_000))
                val region = other.regions().first { it.permissions.startsWith("r") && it.size > 3_000_000 }
                other.read(region.range.first, large)
            }
        }

        test("what is not mapped there is an exception that names the first such address") {
            withHolder { holder, other ->
                Arena.ofConfined().use { arena ->
                    val region = other.regions().zipWithNext().first { (a, b) ->
                        a.permissions.startsWith("r") && a.range.last + 1 != b.range.first
                    }.first
                    val end = region.range.last + 1
                    val into = Segment.of(arena.allocate(8.KiB))
                    shouldThrow<AddressNotMappedException> { other.read(end - 4096, into) }.run {
                        address shouldBe end
                        process shouldBe holder.number
                        message shouldBe
                            "process ${holder.number} has nothing that can be read at 0x${end.toString(16)}: " +
                            "ProcessMemory.regions() lists what it has"
                    }
                    shouldThrow<AddressNotMappedException> { other.read(0x1000, into) }.address shouldBe 0x1000
                }
            }
        }

        test("a process that has ended is gone, for all that is asked of it") {
            Holder().use { holder ->
                ProcessMemory.open(holder.number).use { other ->
                    val memory = other.buffers().first()
                    holder.kill()
                    val gone = "there is no process ${holder.number}, or it has ended: nothing of its memory is left"
                    shouldThrow<ProcessGoneException> { other.read(holder.text, MemorySegment.ofArray(ByteArray(1))) }
                        .message shouldBe gone
                    shouldThrow<ProcessGoneException> { other.regions() }
                    shouldThrow<ProcessGoneException> { other.buffers() }
                    // What is mapped here stays until it is closed here.
                    memory.canFit(1)
                }
                shouldThrow<ProcessGoneException> { ProcessMemory.open(holder.number) }
            }
        }

        test("a number that no process can have is gone") {
            for (number in listOf(-1L, 0, 1L shl 40)) shouldThrow<ProcessGoneException> { ProcessMemory.open(number) }
        }

        test("after it is closed, what was taken from it throws, and nothing stays mapped") {
            Holder().use { holder ->
                val other = ProcessMemory.open(holder.number)
                val memory = other.buffers().first()
                val view = memory.view(memory.base, 8)
                val table = other.table("greetings").shouldNotBeNull()
                table[0].size shouldBe 5
                val mapped = view.address
                other.close()
                other.close()
                shouldThrow<ViewClosedException> { view.getByte(0) }
                shouldThrow<ViewClosedException> { memory.append(ByteArray(1)) }
                shouldThrow<ViewClosedException> { memory.remaining }
                shouldThrow<ProcessMemoryClosedException> { table[0] }.message shouldBe
                    "the ProcessMemory of process " +
                    "${holder.number} is closed: open it again with ProcessMemory.open"
                shouldThrow<ProcessMemoryClosedException> { table.append(ByteArray(1)) }
                shouldThrow<ProcessMemoryClosedException> { table.size }
                table.toString() shouldBe "PermanentTable('greetings')"
                shouldThrow<ViewClosedException> { memory.canFit(1) }
                shouldThrow<ProcessMemoryClosedException> { other.buffers() }
                AddressSpace.regions().none { mapped in it.range } shouldBe true
            }
        }

        test("a process without permanent memory has no buffer and no table") {
            val process = ProcessBuilder("sleep", "60").start()
            try {
                ProcessMemory.open(process.pid()).use { other ->
                    other.buffers().shouldBeEmpty()
                    other.tables().shouldBeEmpty()
                    other.table("x").shouldBeNull()
                    other.regions().size shouldBeGreaterThan 3
                }
            } finally {
                process.destroyForcibly().waitFor()
            }
        }

        test("a process that does not permit it is an exception that says so") {
            val refusing = object : SystemSpace by Platform.current.space {
                override fun openShared(process: Long, name: String, action: (descriptor: Int) -> Unit) =
                    throw ProcessRefusal("fd", ProcessRefusal.DENIED)

                override fun read(process: Long, address: Long, into: MemorySegment): Long =
                    throw ProcessRefusal("process_vm_readv", ProcessRefusal.NOT_PERMITTED)
            }
            ProcessMemory.open(own, refusing).use { other ->
                shouldThrow<ProcessAccessException> { other.buffers() }.message shouldBe
                    "process $own does not permit this one to look at its memory (fd: not permitted): run both as " +
                    "the same user, and allow ptrace between them"
                shouldThrow<ProcessAccessException> { other.read(0x1_0000, MemorySegment.ofArray(ByteArray(1))) }
            }
        }

        test("a registry of a third process, which another only reads, is not taken for its own") {
            Holder().use { holder ->
                // This process has the registry of the other open, and mapped, for a while.
                val space = Platform.current.space
                space.openShared(holder.number, RegistryLayout.nameOf(RegistryLayout.VERSION)) { descriptor ->
                    val address = space.placeShared(descriptor, 0, RegistryLayout.LEAST_PART, 0)
                    try {
                        ProcessMemory.open(own).use { itself ->
                            itself.buffers().map { it.base } shouldBe PermanentMemory.buffers().map { it.base }
                        }
                        val found = RegistryMaking(space).find()
                        found?.first?.get(RegistryLayout.PROCESS) shouldBe found?.let { own }
                    } finally {
                        space.unmap(address, RegistryLayout.LEAST_PART)
                    }
                }
            }
        }

        test("words of another process that lead outside of its memory are not followed") {
            val space = Platform.current.space
            val registry = RegistryMaking(space, 3001).findOrMake().shouldNotBeNull()
            val identity = space.identity(own).shouldNotBeNull()
            val words = registry.first
            val entry = RegistryLayout.HEADER_BYTES
            fun found(offset: Long, size: Long): Int {
                words.set(entry + RegistryLayout.ENTRY_ADDRESS, 0x10000)
                words.set(entry + RegistryLayout.ENTRY_OFFSET, offset)
                words.set(entry + RegistryLayout.ENTRY_SIZE, size)
                words.set(entry + RegistryLayout.ENTRY_STATE, RegistryLayout.EntryState.WHOLE)
                return ForeignMemory(space, own, identity, 3001).use { it.search(emptyList()).size }
            }
            val end = RegistryLayout.LEAST_PART
            found(0, 4096) shouldBe 1
            for ((offset, size) in listOf(
                -4096L to 4096L,
                end to 4096L,
                0L to end + 4096,
                4096L to end,
                0L to -4096L,
            )) {
                found(offset, size) shouldBe 0
            }
            for ((offset, size) in listOf(1L to 4096L, 0L to 100L, Long.MAX_VALUE to 4096L, 4096L to Long.MAX_VALUE)) {
                found(offset, size) shouldBe 0
            }
            words.set(RegistryLayout.NEXT_OFFSET, 1L shl 40)
            words.set(RegistryLayout.PART_BYTES, 1L shl 40)
            ForeignMemory(space, own, identity, 3001).use { it.search(emptyList()) shouldHaveSize 0 }
        }
    }
}
