package dev.leasehold.samples.guide

import com.sun.net.httpserver.HttpServer
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.Segment
import dev.leasehold.memory.dsl.memoryScope
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.rent
import dev.leasehold.memory.setUtf8
import dev.leasehold.memory.typed.asLongs
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempfile
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import kotlinx.coroutines.delay
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.lang.foreign.Linker
import java.lang.foreign.MemorySegment
import java.lang.management.ManagementFactory
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.URI
import java.nio.channels.Channels.newChannel
import java.nio.file.Files
import java.util.concurrent.LinkedBlockingQueue
import kotlin.io.path.deleteExisting
import kotlin.io.path.readText
import kotlin.io.path.writeBytes

/** The guide's snippets do what the guide says of them. */
class GuideSnippetsSpec : FunSpec() {
    private val pool = MemoryPool.isolated("guide")

    private fun <R> onSegment(action: (Segment) -> R): R = pool.rent(64).use { action(it.segment) }

    init {
        afterTest { pool.stats().used shouldBe 0 }

        test("a rented block is read, written and given back") {
            Renting.rentAndGiveBack(pool) shouldBe 42
        }

        test("a kept view refuses after the close and says why") {
            Renting.lateUse(pool)!! shouldContain "the withSegment that the view was taken from has ended"
        }

        test("a shared lease takes its bytes to another thread, which closes it") {
            val received = LinkedBlockingQueue<Long>()
            Renting.handOver(pool, received)
            received.toList() shouldBe listOf(4711L)
        }

        test("a full pool refuses at once, or in time, and serves again after a close") {
            val reports = mutableListOf<String>()
            Renting.limitAndWait { reports += it }
            reports.first() shouldBe "refused: true"
            reports[1] shouldStartWith "pool 'uploads' is full: "
            reports.last() shouldBe "after the close: 4096"
        }

        test("a scope closes what was rented in it and runs what was deferred") {
            val log = mutableListOf<String>()
            Scopes.owned(pool) shouldBe 100
            Scopes.carved(pool) { log += it } shouldBe "Kardal".length + 3
            log.shouldContainExactly("the header is done")
            memoryScope(pool) { with(Scopes) { zeroedLongs(5) }.asSegment().asLongs()[4] } shouldBe 0
        }

        test("a coroutine holds a lease across a suspension") {
            val text = Coroutines.fetchText(pool) { lease ->
                delay(1)
                lease.withSegment { it.setUtf8(0, "Kardal") }
            }
            text shouldBe "Kardal"
        }

        test("a fixed pool counts its chunks") {
            val reports = mutableListOf<String>()
            Pools.fixedChunks { reports += it }
            reports.shouldContainExactly("255 of 256 chunks are free")
        }

        test("a secret is wiped in the pool and on the heap") {
            val secret = byteArrayOf(1, 2, 3)
            Pools.wipe(secret) shouldBe true
            secret.toList() shouldBe listOf<Byte>(0, 0, 0)
        }

        test("a snapshot shows the pool in a table and in JSON") {
            val texts = mutableListOf<String>()
            pool.rent(100).use { }
            Pools.snapshot(texts::add).getValue("guide") shouldBe pool.stats().idle
            texts.first() shouldContain "pool guide"
            texts.last() shouldContain "\"name\": \"guide\""
        }

        test("a page is written, served, and added to a server") {
            val http = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)
            val path = tempfile(suffix = ".html").toPath()
            pool.rent(100).use {
                Pools.look(http, path).use { it.uri.toURL().readText() shouldContain "<bdi>guide</bdi>" }
            }
            http.start()
            val page = URI("http://localhost:${http.address.port}/memory").toURL().readText()
            http.stop(0)
            for (html in listOf(path.readText(), page)) html shouldContain "<bdi>guide</bdi>"
        }

        test("a bean sets the pool's limit") {
            val limit = pool.limit
            Pools.watch(ManagementFactory.getPlatformMBeanServer()) { pool.limit shouldBe 32.MiB }
            pool.limit = limit
        }

        test("the figures add up") {
            val figures = mutableMapOf<String, Long>()
            pool.rent(100).use { Pools.figures(pool) { name, bytes -> figures[name] = bytes } }
            figures["memory.used"] shouldBe 128
            figures["memory.reserved"] shouldBe
                listOf("used", "idle", "quarantined").sumOf { figures.getValue("memory.$it") }
        }

        test("a budget refuses with its path, warns at its soft limit and takes a lease over") {
            val reports = mutableListOf<String>()
            Budgets.tree { reports += it }
            reports.single() shouldStartWith "app › ingest › sockets is full: app › ingest › sockets: 4 MiB of 4 MiB "
            reports.clear()
            Budgets.watch { reports += it }
            reports.shouldContainExactly("app › cache is above its soft limit: ${7 shl 20} bytes")
            reports.clear()
            Budgets.handOver { reports += it }
            reports.shouldContainExactly("0 bytes are the parsers', ${1 shl 20} the store's")
            reports.clear()
            Budgets.print { reports += it }
            reports.single().lines()[1] shouldStartWith "app "
        }

        test("with traced sites a late use names where the lease was rented and closed") {
            val reports = mutableListOf<String>()
            Pools.findALeak { reports += it }
            reports.single() shouldContain "rented at dev.leasehold.samples.guide.Pools.findALeak(Pools.kt:"
            reports.single() shouldContain "closed at dev.leasehold.samples.guide.Pools.findALeak(Pools.kt:"
        }

        test("closing a pool names the leases that are still out, and trimming gives idle memory back") {
            val reports = mutableListOf<String>()
            MemoryPool.isolated("trimmed").use { trimmed ->
                Pools.trim(trimmed) shouldBe trimmed.stats().peak
                trimmed.stats().reserved shouldBe 0
            }
            Pools.closeASubsystem(MemoryPool.isolated("closing")) { reports += it }
            reports.shouldContainExactly("pool 'closing' has 128 bytes in leases that are open: 1")
        }

        test("segments are read, sliced, searched, sorted and dumped") {
            onSegment { Segments.readAndWrite(it) } shouldBe 1_700_000_004_711
            onSegment { Segments.slices(it) } shouldBe 16 + 4 + 16 + 48
            onSegment { Segments.text(it) } shouldBe "Ørhavn: 12.3"
            onSegment { Segments.sorted(it) } shouldBe 12.3
            onSegment { Segments.cursor(it) } shouldBe "7 Kardal"
            val log = mutableListOf<String>()
            onSegment { segment ->
                segment.fill(65)
                Segments.dump(segment) { log += it }
            }
            log.single() shouldContain "|AAAAAAAAAAAAAAAA|"
        }

        test("channels read into a lease and write out of it") {
            val content = ByteArray(200_000) { it.toByte() }
            val target = ByteArrayOutputStream()
            Channels.relay(pool, newChannel(ByteArrayInputStream(content)), newChannel(target)) shouldBe content.size
            target.toByteArray().contentEquals(content) shouldBe true
            val file = Files.createTempFile("guide", ".bin")
            try {
                file.writeBytes(content)
                Channels.head(pool, file) shouldBe 4096
                Channels.headWithoutCoroutines(pool, file) shouldBe 4096
            } finally {
                file.deleteExisting()
            }
        }

        test("permanent memory is appended to, found by its name, and seen from outside") {
            Permanent.withinReach(Linker.nativeLinker().defaultLookup().find("malloc").get().address()) shouldBe
                "a table for generated code"
            val memory = PermanentMemory.obtain(64.KiB)
            Permanent.together(memory, List(3) { ByteArray(8) }) shouldNotBe 0
            Permanent.found() shouldBe "lease"
            val into = MemorySegment.ofArray(ByteArray(8))
            val buffers = Permanent.another(ProcessHandle.current().pid(), ByteArray(1), memory.base, into)
            buffers shouldBe PermanentMemory.buffers().size
        }
    }
}
