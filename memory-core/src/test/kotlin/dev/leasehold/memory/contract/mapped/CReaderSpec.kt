package dev.leasehold.memory.contract.mapped

import dev.leasehold.memory.Block
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.mapped.FileLayout
import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.mapped.RefWord
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.support.CProgram
import dev.leasehold.memory.support.CommittedLog
import dev.leasehold.memory.support.FormatExample
import dev.leasehold.memory.support.Killed
import dev.leasehold.memory.support.MappedFiles
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith
import kotlin.random.Random

/** What a reader in C, written from `docs/mapped-format.md`, makes of files. */
class CReaderSpec : FunSpec() {
    private val reader = CProgram("read_mapped")

    private fun fnv(block: Block): Long = block.withSegment { segment ->
        var hash = -0x340d631b7bdddcdbL
        for (at in 0 until block.size) hash = (hash xor (segment.getByte(at).toLong() and 0xff)) * 0x100000001b3
        hash
    }

    private fun expected(manager: MappedMemoryManager): String {
        var sum = 0L
        val roots = manager.roots.names.map { name ->
            val ref = manager.roots[name].bits
            manager.roots.open(name).shouldNotBeNull().use { block ->
                sum += block.size
                "root $name: span ${RefWord.span(ref)}, index ${RefWord.index(ref)}, " +
                    "generation ${RefWord.generation(ref)}, size ${block.size}, fnv %016x".format(fnv(block))
            }
        }
        val spans = manager.size / FileLayout.SPAN
        return (roots + "spans $spans, linked blocks ${roots.size}, bytes $sum").joinToString("\n")
    }

    private fun fill(manager: MappedMemoryManager) {
        val random = Random(1)
        val sizes =
            listOf<Long>(1, 8, 15, 16, 17, 100, 1000, 1025, 4096, 5000, 20_000, 32_768, 32_769, 126_976, 1_000_000)
        for (size in sizes + List(60) { random.nextLong(1, 50_000) }) {
            repeat(random.nextInt(3)) { manager.allocate(size).close() }
            manager.allocate(size).use { block ->
                block.withSegment { for (at in 0 until size) it.setByte(at, random.nextInt().toByte()) }
                manager.roots["of $size"] = block
            }
        }
        manager.roots.remove("of 100")
    }

    init {
        afterSpec { reader.close() }

        test("it finds the roots, and all linked blocks, of every size").config(enabledOrReasonIf = reader.enabled) {
            MappedFiles.withPath { path ->
                MappedFiles.open(path).use(::fill)
                val expected = MappedFiles.open(path).use(::expected)
                reader.run("$path") shouldBe CProgram.Result(0, expected)
            }
        }

        test("it sees what a dead session had committed").config(enabledOrReasonIf = reader.enabled) {
            MappedFiles.withPath { path ->
                val dead = MappedFiles.open(path, newLog = ::CommittedLog)
                val block = dead.allocate(100)
                shouldThrow<Killed> { dead.roots["late"] = block }
                MappedFiles.kill(dead.session)
                val printed = reader.run("$path").printed
                MappedFiles.open(path).use { it.roots.remove("none") }
                printed shouldStartWith "root late: "
                reader.run("$path").printed shouldBe printed
            }
        }

        test("it refuses a file with wrong words").config(enabledOrReasonIf = reader.enabled) {
            val layout = FileLayout(8, 2)
            refusal {
                it.set(8, 2)
                it.set(4096 + 8, 2)
            } shouldBe "refused: neither header is whole"
            refusal { it.set(FileLayout.SPANS, 9) } shouldBe "refused: 9 spans"
            refusal { it.set(FileLayout.SPANS, 8) } shouldBe "refused: the file is shorter than it says"
            refusal { it.set(layout.root(0), 1L shl 40) } shouldStartWith "refused: root 0 "
            refusal { it.set(layout.root(0) + 8, 113) } shouldBe "refused: a name of 113 bytes"
            refusal { it.set(layout.spanAt(0) + FileLayout.RUN_LENGTH, 2) } shouldBe "refused: 2 spans from 0"
        }
    }

    /** What the reader says of the file of the example with other words. */
    private fun refusal(spoil: (FileWords) -> Unit): String = MappedFiles.withPath { path ->
        FormatExample.make(path)
        FormatExample.withWords(path, spoil)
        val (status, printed) = reader.run("$path")
        status shouldBe 1
        printed.lines().last()
    }
}
