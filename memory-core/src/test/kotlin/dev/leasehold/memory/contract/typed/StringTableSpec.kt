package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MalformedTextException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.toByteArray
import dev.leasehold.memory.typed.CollectionChangedException
import dev.leasehold.memory.typed.ElementBoundsException
import dev.leasehold.memory.typed.StringTable
import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeFalse
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import kotlin.random.Random

class StringTableSpec : FunSpec() {
    private val manager = SystemMemoryManager("strings")

    init {
        afterSpec {
            manager.stats().blocks shouldBe 0
            manager.close()
        }

        test("a string has one id, found by it, and finds the string") {
            StringTable(manager).use { table ->
                table.intern("Ada") shouldBe 0
                table.intern("Grace") shouldBe 1
                table.intern("Ada") shouldBe 0
                table.size shouldBe 2
                table[0] shouldBe "Ada"
                table[1] shouldBe "Grace"
                table.idOf("Grace") shouldBe 1
                table.idOf("Alan") shouldBe -1
                ("Ada" in table).shouldBeTrue()
                ("" in table).shouldBeFalse()
                table.toList() shouldBe listOf("Ada", "Grace")
                table.textSize shouldBe 8
            }
        }

        test("texts of every width, with NULs and of no length, come back as they were, and by their bytes too") {
            val texts =
                listOf("", "a", "\u0000", "a\u0000b", "é", "日本語", "😀", "x".repeat(70_000), "\uFFFD", " a", "a ")
            StringTable(manager).use { table ->
                texts.forEachIndexed { id, text -> table.intern(text) shouldBe id }
                texts.forEachIndexed { id, text ->
                    table[id] shouldBe text
                    table.idOf(text.encodeToByteArray()) shouldBe id
                    table.intern(text.encodeToByteArray()) shouldBe id
                    table.asSegment(id).toByteArray().toList() shouldBe text.encodeToByteArray().toList()
                }
                table.intern("ß".encodeToByteArray()) shouldBe texts.size
                table[texts.size] shouldBe "ß"
            }
        }

        test("a table is at every step what a map of strings to numbers is") {
            SystemMemoryManager("model").use { manager ->
                againstModel(manager, Effort.seed("a string table against its model"))
                manager.stats().blocks shouldBe 0
            }
        }

        test("a lone surrogate and malformed bytes are refused, and nothing is added") {
            StringTable(manager).use { table ->
                table.intern("whole")
                shouldThrow<MalformedTextException> { table.intern("half \ud83d") }.position shouldBe 5
                shouldThrow<MalformedTextException> { table.idOf("\ude00") }
                shouldThrow<MalformedTextException> { table.intern(byteArrayOf(65, -1)) }.position shouldBe 1
                table.toList() shouldBe listOf("whole")
            }
        }

        test("an id that none has is refused with how many there are") {
            StringTable(manager).use { table ->
                shouldThrow<ElementBoundsException> { table[0] }.message shouldBe
                    "The string table from manager 'strings' has no element 0: it is empty"
                table.intern("one")
                shouldThrow<ElementBoundsException> { table[-1] }
                shouldThrow<ElementBoundsException> { table[1] }.message shouldBe
                    "The string table from manager 'strings' has no element 1: it has 1, from 0 to 0"
            }
        }

        test("an iteration that meets a new string, or none any more, fails") {
            StringTable(manager).use { table ->
                repeat(5) { table.intern("name $it") }
                shouldThrow<CollectionChangedException> { for (name in table) table.intern("$name!") }
                val names = table.iterator()
                table.clear()
                shouldThrow<CollectionChangedException> { names.next() }
            }
        }

        test("room is made ahead for strings and for their text, and given back") {
            StringTable(manager, capacity = 500, textCapacity = 10.KiB).use { table ->
                val block = table.block
                repeat(500) { table.intern("a name with the number $it".substring(0, 20)) }
                repeat(400) { table.intern("other ${it + 1000}") }
                check(table.block === block) { "the table has grown" }
                table.capacity shouldBeGreaterThanOrEqualTo 500
                val before = table.byteSize
                table.shrink()
                table.byteSize shouldBeLessThan before
                val all = table.toList()
                table.reserve(10_000)
                table.capacity shouldBeGreaterThanOrEqualTo 10_000
                table.reserveText(100.KiB)
                table.toList() shouldBe all
                all.forEachIndexed { id, text -> table.idOf(text) shouldBe id }
            }
        }

        test("two million bytes of text move by pages, and all strings are still found") {
            SystemMemoryManager("large").use { large ->
                StringTable(large).use { table ->
                    val text = { id: Int -> "$id ${"text ".repeat(id % 100)}" }
                    repeat(20_000) { table.intern(text(it)) shouldBe it }
                    repeat(20_000) {
                        table[it] shouldBe text(it)
                        table.idOf(text(it)) shouldBe it
                    }
                }
                large.stats().blocks shouldBe 0
            }
        }
    }

    private fun againstModel(manager: MemoryManager, seed: Long) {
        val random = Random(seed)
        var table = StringTable(manager)
        val model = LinkedHashMap<String, Int>()
        repeat(Effort.times(20_000)) {
            val text = text(random)
            when (random.nextInt(200)) {
                in 0..150 -> table.intern(text) shouldBe model.getOrPut(text) { model.size }

                in 151..180 -> table.idOf(text) shouldBe (model[text] ?: -1)

                in 181..185 -> table.shrink()

                in 186..190 -> if (random.nextBoolean()) {
                    table.reserve(random.nextLong(3000))
                } else {
                    table.reserveText(random.nextLong(9000))
                }

                in 191..194 -> table = StringTable.open(table.release())

                195 -> if (random.nextInt(4) == 0) {
                    table.clear()
                    model.clear()
                }

                196 -> table.toList() shouldBe model.keys.toList()
            }
            table.size shouldBe model.size
        }
        table.toList() shouldBe model.keys.toList()
        model.forEach { (text, id) -> table.idOf(text) shouldBe id }
        table.close()
    }

    private fun text(random: Random): String = when (random.nextInt(4)) {
        0 -> "${random.nextInt(3000)}"
        1 -> "é${random.nextInt(50)}".repeat(random.nextInt(5))
        2 -> "a shared beginning that is long enough for words ${random.nextInt(2000)}"
        else -> List(random.nextInt(4)) { ALPHABET.random(random) }.joinToString("")
    }

    private companion object {
        val ALPHABET = listOf("a", "b", "ß", "日", "😀")
    }
}
