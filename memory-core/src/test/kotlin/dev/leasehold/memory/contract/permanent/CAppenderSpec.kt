package dev.leasehold.memory.contract.permanent

import dev.leasehold.memory.KiB
import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.internal.permanent.RegistryLayout
import dev.leasehold.memory.internal.permanent.RegistryMaking
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.permanent.PermanentTable
import dev.leasehold.memory.permanent.ProcessMemory
import dev.leasehold.memory.support.CProgram
import dev.leasehold.memory.support.together
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith

/** What a program in C, written from `docs/permanent-format.md`, makes of permanent memory of this and other processes. */
class CAppenderSpec : FunSpec() {
    private val program = CProgram("append_permanent")
    private val own = "${ProcessHandle.current().pid()}"

    /** What the program prints of this process. */
    private fun ask(what: String, vararg words: String): String {
        val (status, printed) = program.run(what, own, *words)
        printed.lines().size shouldBe 1
        if (status != 0) printed shouldStartWith "refused: "
        return printed
    }

    private fun addressOf(printed: String): Long {
        printed shouldStartWith "0x"
        return java.lang.Long.parseUnsignedLong(printed.substring(2), 16)
    }

    private fun textAt(address: Long, bytes: Int): String = PermanentMemory.buffers().find {
        it.holds(address, bytes.toLong())
    }
        .shouldNotBeNull().view(address, bytes.toLong()).getUtf8(0, bytes.toLong())

    /** Calls [action] with the number of a process of the program that has a registry with the [changes], and its buffer. */
    private fun <R> holding(vararg changes: Pair<Long, Long>, action: (process: Long, buffer: Long) -> R): R {
        val words = changes.map { (offset, value) -> "$offset=${java.lang.Long.toUnsignedString(value)}" }
        val process = program.start("hold", *words.toTypedArray())
        try {
            val said = process.inputReader().readLine()
            said shouldStartWith "holding "
            return action(process.pid(), addressOf(said.substringAfter(' ')))
        } finally {
            process.outputStream.close()
            process.waitFor()
        }
    }

    /** What the program says of a registry with the [changes]. */
    private fun refusal(vararg changes: Pair<Long, Long>): String = holding(*changes) { process, _ ->
        val (status, printed) = program.run("list", "$process")
        status shouldBe 1
        printed.lines().last { it.startsWith("refused: ") }.removePrefix("refused: ").replace("$process", "N")
    }

    /** The changes by which no entry of the part at [offset] is free. */
    private fun full(offset: Long): Array<Pair<Long, Long>> {
        val part = maxOf(RegistryLayout.LEAST_PART, Platform.current.pageSize)
        val entries = (part - RegistryLayout.HEADER_BYTES) / RegistryLayout.ENTRY_BYTES
        return Array(entries.toInt()) {
            offset + RegistryLayout.HEADER_BYTES + it * RegistryLayout.ENTRY_BYTES to RegistryLayout.EntryState.CLAIMED
        }
    }

    init {
        afterSpec { program.close() }

        context("a registry of this process") {
            test("it finds each buffer, as far as that is filled").config(enabledOrReasonIf = program.enabled) {
                val memory = PermanentMemory.obtain(64.KiB)
                memory.append("filled".encodeToByteArray())
                val lines = program.run("list", own).printed.lines()
                val expected = PermanentMemory.buffers().map { buffer ->
                    val used = buffer.size - buffer.remaining
                    "buffer 0x${java.lang.Long.toHexString(buffer.base)}: $used of ${buffer.size} bytes"
                }
                lines shouldContainAll expected
            }

            test("it reads what was appended here").config(enabledOrReasonIf = program.enabled) {
                val text = "read by a program in C"
                val address = PermanentMemory.obtain(100).append(text.encodeToByteArray())
                addressOf(ask("find", text)) shouldBe address
                ask("find", "what nobody has" + " appended") shouldBe
                    "refused: no buffer has 'what nobody has appended'"
            }

            test(
                "what it appends is read here, at the address that it prints",
            ).config(enabledOrReasonIf = program.enabled) {
                PermanentMemory.obtain(1.KiB)
                val text = "appended by a program in C"
                for (alignment in listOf(1L, 8L, 64L)) {
                    val address = addressOf(ask("append", text, "$alignment"))
                    address % alignment shouldBe 0
                    textAt(address, text.length) shouldBe text
                }
            }

            test("it refuses what no buffer has room for").config(enabledOrReasonIf = program.enabled) {
                ask("append", "text", "3") shouldBe "refused: '3' is no alignment"
                ask("append", "text", "0") shouldBe "refused: '0' is no alignment"
                holding { process, _ ->
                    program.run("append", "$process", "x".repeat(4096), "1").printed shouldBe
                        "refused: no buffer has room for 4096 bytes"
                }
            }

            test("it prints tables and their records").config(enabledOrReasonIf = program.enabled) {
                val table = PermanentTable.obtain("printed by C")
                repeat(100) { table.append("record $it".encodeToByteArray()) }
                val lines = program.run("list", own).printed.lines()
                val at = lines.indexOf("table printed by C")
                lines.subList(at + 1, at + 101) shouldBe List(100) {
                    "    $it at 0x${java.lang.Long.toHexString(table.addressOf(it.toLong()))}: record $it"
                }
            }

            test("the records that it adds are read here, between ours").config(enabledOrReasonIf = program.enabled) {
                val table = PermanentTable.obtain("filled by C")
                val expected = List(70) { "record $it" }
                for ((index, record) in expected.withIndex()) {
                    if (index % 10 == 0) {
                        table.append(record.encodeToByteArray()) shouldBe index
                    } else {
                        ask("record", "filled by C", record) shouldBe "$index"
                    }
                }
                List(table.size.toInt()) { table[it.toLong()].run { getUtf8(0, size) } } shouldBe expected
                ask("record", "no table", "record") shouldBe "refused: there is no table 'no table'"
            }

            test("several that append at the same moment lose nothing").config(enabledOrReasonIf = program.enabled) {
                val table = PermanentTable.obtain("filled by C and others")
                together(4) { worker ->
                    repeat(20) { index ->
                        val record = "$worker and $index"
                        if (worker < 2) {
                            ask("record", table.name, record)
                        } else {
                            table.append(record.encodeToByteArray())
                        }
                    }
                }
                val found = List(table.size.toInt()) { table[it.toLong()].run { getUtf8(0, size) } }
                found.sorted() shouldBe List(80) { "${it / 20} and ${it % 20}" }.sorted()
            }

            test("it does not see a registry of another version").config(enabledOrReasonIf = program.enabled) {
                val other = RegistryMaking(Platform.current.space, OTHER_VERSION).findOrMake().shouldNotBeNull()
                other.isOpen shouldBe true
                PermanentMemory.obtain(1)
                program.run("list", own).status shouldBe 0
            }
        }

        context("a registry that the program has made") {
            test("is read and filled from here").config(enabledOrReasonIf = program.enabled) {
                holding { process, buffer ->
                    ProcessMemory.open(process).use { other ->
                        other.buffers().map { it.base } shouldBe listOf(buffer)
                        other.tables() shouldBe listOf("words")
                        val words = other.table("words").shouldNotBeNull()
                        words[0].getUtf8(0, 5) shouldBe "lease"
                        words.append("hold".encodeToByteArray()) shouldBe 1
                        program.run("list", "$process").printed.lines() shouldContain
                            "    1 at 0x${java.lang.Long.toHexString(words.addressOf(1))}: hold"
                    }
                }
            }

            test("is the one of the document's example").config(enabledOrReasonIf = program.enabled) {
                holding { process, _ ->
                    program.run("list", "$process").printed.lines().first() shouldContain ": 304 of "
                }
            }
        }

        context("refusals") {
            test("what is no number of a process").config(enabledOrReasonIf = program.enabled) {
                for (word in listOf("", "abc", "-1", "0", "12x", "99999999999999999999999", "../self")) {
                    program.run("list", word) shouldBe CProgram.Result(1, "refused: '$word' is no number of a process")
                }
            }

            test("a process that has ended").config(enabledOrReasonIf = program.enabled) {
                val ended = holding { process, _ -> process }
                program.run("list", "$ended") shouldBe CProgram.Result(1, "refused: there is no process $ended")
            }

            test("a process that has no registry").config(enabledOrReasonIf = program.enabled) {
                val process = ProcessBuilder("sleep", "60").start()
                try {
                    program.run("list", "${process.pid()}") shouldBe CProgram.Result(
                        1,
                        "refused: process ${process.pid()} has no registry: it has no memory of that name",
                    )
                } finally {
                    process.destroy()
                }
            }

            test(
                "a registry that is not whole, not chosen, or not its own",
            ).config(enabledOrReasonIf = program.enabled) {
                val none = "process N has no registry: "
                refusal(RegistryLayout.PART_MAGIC to 0) shouldBe "${none}it does not begin with LEASEPRM"
                refusal(RegistryLayout.PART_VERSION to 2) shouldBe "${none}it has another version"
                refusal(RegistryLayout.PROCESS to 1) shouldBe "${none}it is another process's"
                refusal(RegistryLayout.STARTED to 1) shouldBe "${none}it is another process's"
                refusal(RegistryLayout.DECISION to RegistryLayout.Decision.OPEN) shouldBe "${none}it is not chosen"
                refusal(RegistryLayout.DECISION to RegistryLayout.Decision.REJECTED) shouldBe "${none}it is not chosen"
            }

            test("words that lead out of the memory, or in a circle").config(enabledOrReasonIf = program.enabled) {
                val page = Platform.current.pageSize
                val part = maxOf(RegistryLayout.LEAST_PART, page)
                val all = 3 * part
                val entry = RegistryLayout.HEADER_BYTES
                refusal(RegistryLayout.PART_BYTES to 0) shouldBe "a part of 0 bytes"
                refusal(RegistryLayout.PART_BYTES to 4097) shouldBe "a part of 4097 bytes at 0 of $all"
                refusal(entry to 3) shouldBe "an entry of the state 3"
                refusal(entry + RegistryLayout.ENTRY_SIZE to 0) shouldBe "a buffer of 0 bytes at $part of $all"
                refusal(entry + RegistryLayout.ENTRY_SIZE to -page) shouldContain "a buffer of 18446744073"
                refusal(entry + RegistryLayout.ENTRY_OFFSET to 8) shouldBe "a buffer of $page bytes at 8 of $all"
                refusal(entry + RegistryLayout.ENTRY_OFFSET to all) shouldBe "a buffer of $page bytes at $all of $all"
                refusal(entry + RegistryLayout.ENTRY_POSITION to -1) shouldContain " bytes taken"
                refusal(RegistryLayout.TABLES to 8) shouldBe "a table of 24 bytes at 0x8"
                refusal(part + 16 to 1025) shouldBe "a name of 1025 bytes"
                refusal(part + 0x38 to 16_385) shouldBe "a block with 16385 places"
                refusal(part + 0x38 to 10_000) shouldContain "a block of 80024 bytes at "
                refusal(part + 0x40 to 30) shouldBe "a block with 30 places filled"
                refusal(part + 0x48 to 8) shouldBe "a record of 8 bytes at 0x8"
                refusal(part + 0x20 to 5000) shouldContain "a record of 5008 bytes at "
            }

            test("a next part that is none, or leads in a circle").config(enabledOrReasonIf = program.enabled) {
                val page = Platform.current.pageSize
                val part = maxOf(RegistryLayout.LEAST_PART, page)
                // Where no entry is free, the reader goes on to the next part.
                val first = arrayOf(*full(0), RegistryLayout.NEXT_OFFSET to 2 * part)
                refusal(*first) shouldBe "no part at ${2 * part}"
                refusal(*first, RegistryLayout.NEXT_OFFSET to 3 * part) shouldBe
                    "a part of $part bytes at ${3 * part} of ${3 * part}"
                refusal(*first, RegistryLayout.NEXT_OFFSET to -page) shouldContain
                    "a part of $part bytes at 18446744073"
                refusal(*first, RegistryLayout.NEXT_OFFSET to 8) shouldBe "a part of $part bytes at 8 of ${3 * part}"
                val second = arrayOf(
                    2 * part + RegistryLayout.PART_MAGIC to RegistryLayout.MAGIC,
                    2 * part + RegistryLayout.PART_VERSION to RegistryLayout.VERSION,
                    2 * part + RegistryLayout.PART_OFFSET to 2 * part,
                    2 * part + RegistryLayout.NEXT_OFFSET to 2 * part,
                )
                refusal(*first, *second, *full(2 * part)) shouldBe "more parts than the memory has room for"
                holding(*first, *second) { process, _ -> program.run("list", "$process").status shouldBe 1 }
            }
        }
    }

    private companion object {
        // One that no other test makes.
        const val OTHER_VERSION = 4_711L
    }
}
