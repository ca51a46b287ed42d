package dev.leasehold.samples.catalogue

import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.samples.execute
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.booleans.shouldBeFalse
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import org.w3c.dom.Document
import org.w3c.dom.Element
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PrintStream
import java.nio.file.Path
import javax.xml.parsers.DocumentBuilderFactory

private class Ended(val code: Int, val out: String, val err: String)

private fun run(vararg words: String): Ended {
    val (out, err) = ByteArrayOutputStream() to ByteArrayOutputStream()
    val (printer, errors) = PrintStream(out, true, Charsets.UTF_8) to PrintStream(err, true, Charsets.UTF_8)
    val code = CatalogueCommand(printer).execute(words.toList(), printer, errors)
    return Ended(code, out.toString(Charsets.UTF_8), err.toString(Charsets.UTF_8))
}

private fun parse(svg: String): Document =
    DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(svg.byteInputStream())

private fun Document.all(tag: String): List<Element> =
    getElementsByTagName(tag).let { found -> List(found.length) { found.item(it) as Element } }

class CatalogueSpec : FunSpec() {
    private fun path(): Path = tempdir().toPath().resolve("catalogue")

    init {
        test("clerks are killed, nothing is lost, the file is drawn, and the next run goes on with it") {
            val folder = tempdir()
            val (file, picture) = File(folder, "books").path to File(folder, "books.svg")
            val first = run("--kills", "2", "--file", file, "--picture", picture.path)
            first.err shouldBe ""
            first.code shouldBe 0
            first.out shouldContain "2 clerks change the catalogue $file, each in a process of its own.\n"
            first.out shouldContain Regex("\n +1 +2 +[0-9]+ +[0-9,]+  all(, and one more)? +[0-9,]+\n")
            first.out shouldContain Regex("\n +2 +1 +[0-9]+ +[0-9,]+  all(, and one more)? +[0-9,]+\n")
            first.out shouldContain Regex("\n  2 processes were killed, [012] of them between a change and its ")
            first.out shouldContain Regex("\n  [0-9,]+ changes were acknowledged, and none is lost\\.\n")
            first.out shouldContain Regex("\n  [0-9,]+ blocks are in it, [1-5] roots, 0 sessions, no fault\\.\n")
            first.out shouldContain "The file is drawn in $picture, "

            val svg = parse(picture.readText())
            svg.all("rect").count { it.getAttribute("class") == "span" } shouldBeGreaterThan 15
            svg.all("title").map { it.textContent }.any { "owned by session" in it }.shouldBeTrue()
            val texts = svg.all("text").map { it.textContent }
            // The other clerk may have put in order by then what the dead one left.
            val owner = Regex("of process [0-9]+(, which has been killed)?: [0-9]+ cells")
            texts.any { owner.matches(it) }.shouldBeTrue()

            val second = run("--kills", "1", "--file", file, "--picture", picture.path)
            second.err shouldBe ""
            second.code shouldBe 0
            second.out shouldContain Regex("[0-9,]+ books of former runs are there\\.\n")
        }

        test("the picture has a cell for each span, in the colour of its owner") {
            val path = path()
            Catalogue.open(path).use { catalogue ->
                repeat(300) { Changes.make(catalogue, 1, it + 1L) }
                val map = MappedMemory.map(path)
                val svg = parse(MapPicture(map).draw())
                val cells = svg.all("rect").filter { it.getAttribute("class") == "span" }
                cells shouldHaveSize (map.size / SPAN).toInt()
                svg.all("g") shouldHaveSize map.runs.size
                val own = Owners(map).all.single { it.name == "of this process" }
                val runs = map.runs.filter { it.session > 0 }
                cells.count { it.getAttribute("fill") == own.colour } shouldBe runs.sumOf { it.spans }.toInt()
                val texts = svg.all("text").map { it.textContent }
                texts shouldContain "free: ${map.runs.filter { it.session == 0 }.sumOf { it.spans }} cells"
                for (run in runs) texts shouldContain "%,d B".format(run.blockSize)
            }
        }

        test("a ledger says what the file has otherwise") {
            val path = path()
            Catalogue.open(path).use { catalogue ->
                val ledger = Ledger.of(catalogue, 1)
                repeat(500) { Changes.make(catalogue, 1, it + 1L) }
                ledger.goOn(500)
                ledger.differences(catalogue).shouldBeEmpty()
                Ledger.of(catalogue, 2).differences(catalogue).shouldBeEmpty()
                val book = Changes.booksOf(1).firstNotNullOf(catalogue::find)
                catalogue.remove(book.number)
                ledger.differences(catalogue).single() shouldBe "the file has null, and should have $book"
                catalogue.put(book)
                catalogue.deliver(1, 501)
                ledger.differences(catalogue).single() shouldContain "the file has Deliveries(newest=501, "
            }
        }

        test("a clerk says what it has made, and that is in the file when it is killed") {
            val path = path()
            Catalogue.open(path).use { catalogue ->
                val made = ClerkProcess(path).use { clerk ->
                    clerk.begin(2, 0)
                    while (clerk.acknowledged < 50) Thread.sleep(1)
                    clerk.kill().also { clerk.isAlive.shouldBeFalse() }
                }
                made shouldBeGreaterThan 49L
                val ledger = Ledger.of(catalogue, 2)
                ledger.number shouldBeGreaterThan 0
                val wanted = (made..made + 1).map { last ->
                    val before = path().let(Catalogue::open).use { Ledger.of(it, 2) }
                    before.goOn(last)
                    before.differences(catalogue)
                }
                wanted.any { it.isEmpty() }.shouldBeTrue()
            }
        }

        test("a book whose bytes are of two revisions is noticed") {
            val book = Book(7, 3, 12)
            Book.decode(Book.encode(book)) shouldBe book
            val mixed = Book.encode(book)
            mixed[mixed.size - 1]++
            shouldThrow<IllegalStateException> { Book.decode(mixed) }.message shouldContain "are mixed with others"
        }

        context("a wrong command line is refused with what is wrong, and ends with 2") {
            withData(
                nameFn = { (words, _) -> words.joinToString(" ") },
                listOf("--kills", "0") to "invalid value for --kills: 0 is not in the valid range of 1 to 100000",
                listOf("--hurry") to "no such option --hurry",
            ) { (words, message) ->
                val ended = run(*words.toTypedArray())
                ended.code shouldBe 2
                ended.out shouldBe ""
                ended.err shouldContain "rror: $message"
            }
        }
    }
}
