package dev.leasehold.samples.strings

import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.permanent.AddressRange
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.permanent.PermanentTable
import dev.leasehold.samples.execute
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import org.w3c.dom.Element
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PrintStream
import java.util.concurrent.CountDownLatch
import javax.xml.parsers.DocumentBuilderFactory
import kotlin.concurrent.thread

private class Ended(val code: Int, val out: String, val err: String)

private fun run(vararg words: String): Ended {
    val (out, err) = ByteArrayOutputStream() to ByteArrayOutputStream()
    val (printer, errors) = PrintStream(out, true, Charsets.UTF_8) to PrintStream(err, true, Charsets.UTF_8)
    val code = StringsCommand(printer).execute(words.toList(), printer, errors)
    return Ended(code, out.toString(Charsets.UTF_8), err.toString(Charsets.UTF_8))
}

private fun elements(svg: String, tag: String): List<Element> =
    DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(svg.byteInputStream()).getElementsByTagName(tag)
        .let { found -> List(found.length) { found.item(it) as Element } }

private fun texts(svg: String): List<String> = elements(svg, "text").map { it.textContent }

/** The words of [table], in the order of their numbers. */
private fun words(table: PermanentTable) = (0 until table.size).map { table[it].getUtf8() }

// What is permanent stays from one test to the next, as it does in any process.
class StringsSpec : FunSpec() {
    private val table = PermanentTable.obtain(TABLE)

    private fun ownVisit(text: Text = Text.HARBOUR) = Visit.make("host", text, table, PermanentMemory::buffers)

    init {
        test("a plug-in with a copy of the library of its own finds the words of the host where the host wrote them") {
            val own = ownVisit()
            val (one, two) = PlugIn.run("one", Text.SHIPS) to PlugIn.run("two", Text.TIDES)
            for (visit in listOf(one, two)) {
                visit.process shouldBe own.process
                visit.first shouldBe own.first
                visit.here shouldBe own.here
                visit.found.shouldNotBeEmpty()
                own.places.map { it.base }.shouldContainAll(visit.places.map { it.here })
            }
            setOf(own.copy, one.copy, two.copy) shouldHaveSize 3
            one.copy shouldContain " of 'one'"
            two.records shouldBe one.records + one.appended.size
            words(table).shouldContainAll("amber", "moon")
        }

        test("a second process reads the words at addresses of its own, and the host sees what it appends") {
            val own = ownVisit()
            val before = words(table)
            GuestProcess(Text.LANTERN).use { guest ->
                val visit = guest.visit
                visit.process shouldNotBe own.process
                visit.records shouldBe before.size
                visit.first shouldBe own.first
                guest.regions().any { visit.here in it.range && it.permissions.endsWith("s") }.shouldBeTrue()
                words(table).take(before.size) shouldBe before
                words(table).drop(before.size).size shouldBe visit.appended.size
                visit.found.map { table[it].getUtf8() } shouldContain "harbour"
                words(table) shouldContain "island"
            }
        }

        test("who comes again finds all of its words") {
            ownVisit(Text.TIDES)
            val again = ownVisit(Text.TIDES)
            again.appended.shouldBeEmpty()
            again.found.map { table[it].getUtf8() }.toSet() shouldBe Text.TIDES.words.map { it.getUtf8() }.toSet()
        }

        test("threads that append the same words at the same moment all go by the same numbers") {
            val shared = PermanentTable.obtain("words of threads")
            val start = CountDownLatch(1)
            val numbers = arrayOfNulls<List<Long>>(4)
            val threads = List(numbers.size) { index ->
                thread {
                    val words = Words(shared)
                    start.await()
                    numbers[index] = Text.entries.flatMap { it.words }.map(words::intern)
                }
            }
            start.countDown()
            threads.forEach(Thread::join)
            numbers.toSet() shouldHaveSize 1
            val all = Text.entries.flatMap { it.words }.map { it.getUtf8() }
            numbers[0].shouldNotBeNull().map { shared[it].getUtf8() } shouldBe all
        }

        test("an index reads only what is new") {
            val shared = PermanentTable.obtain("words of two")
            val (one, two) = Words(shared) to Words(shared)
            val (first, second) = Text.HARBOUR.words
            one.find(first).shouldBeNull()
            one.intern(first) shouldBe 0
            two.read shouldBe 0
            two.intern(second) shouldBe 1
            two.read shouldBe 2
            one.read shouldBe 1
            one.find(second) shouldBe 1
        }

        test("a visit goes from one class loader to another as a line") {
            val visit = ownVisit()
            Visit.of(visit.line) shouldBe visit
            val none = visit.copy(found = emptyList(), places = emptyList())
            Visit.of(none.line) shouldBe none
        }

        test("landmarks lie where they are wanted") {
            ownVisit()
            val landmarks = Landmarks(table)
            landmarks.short shouldBeInRange (1L..0xffff_ffff)
            Math.abs(landmarks.slot - landmarks.malloc) shouldBeLessThan Landmarks.REACH
            val purposes = PermanentMemory.buffers().map { landmarks.purposeOf(Place.of(it)) }.toSet()
            purposes.any { it.startsWith("for the table 'words'") }.shouldBeTrue()
            purposes.any { it.endsWith("in the lowest 4 GiB") }.shouldBeTrue()
        }

        test("the program says who found what where, and draws both address spaces") {
            val picture = File(tempdir(), "spaces.svg")
            val ended = run("--picture", picture.path)
            ended.err shouldBe ""
            ended.code shouldBe 0
            val first = hex(table.addressOf(0))
            for (who in listOf("host", "plug-in A", "plug-in B")) {
                ended.out shouldContain
                    Regex("\n  $who +[0-9]+ +PermanentTable@[0-9a-f]+ of '.+' +[0-9]+ +$first +$first ")
            }
            ended.out shouldContain Regex("\n  guest +[0-9]+ +PermanentTable@[0-9a-f]+ of '.+' +[0-9]+ +$first +0x")
            ended.out shouldContain "\n  ${table.size} words are there."
            ended.out shouldContain Regex("\n  the +[0-9]+ +0x[0-9a-f]+ .* plug-in A, plug-in B, guest\n")
            ended.out shouldContain "The addresses of both processes are drawn in $picture."

            val svg = picture.readText()
            PermanentMemory.buffers().forEachIndexed { index, buffer ->
                texts(svg) shouldContain "${index + 1} at ${hex(buffer.base)}"
            }
            texts(svg).count { it == "1" } shouldBe 2
            texts(svg) shouldContain "The host, process ${ProcessHandle.current().pid()}"
            elements(svg, "title").map { it.textContent }.count { "libjvm.so" in it } shouldBe 2
            elements(svg, "g").size shouldBeGreaterThan 20
        }

        test("gaps and blocks in the upper half of all addresses are told apart") {
            val low = Block(Kind.MEMORY, AddressRange.between(0x1000, 0x1fff), "low", 0x1000)
            val high = Block(Kind.MEMORY, AddressRange.between(-0x2000, -0x1001), "high", 0x2000)
            Territory.gap(low, high) shouldBe ULong.MAX_VALUE.toDouble() - 0x4000
            (low + high).range shouldBe AddressRange.between(0x1000, -0x1001)
            (low + high).name shouldBe "high"
        }

        test("a wrong command line is refused with what is wrong, and ends with 2") {
            val ended = run("--hurry")
            ended.code shouldBe 2
            ended.out shouldBe ""
            ended.err shouldContain "rror: no such option --hurry"
        }
    }
}
