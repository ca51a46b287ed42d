package dev.leasehold.memory.contract.diagnostics

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.OutstandingLeasesException
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.platform.Events
import dev.leasehold.memory.internal.platform.MemoryEvents
import dev.leasehold.memory.mapped.MappedDurability
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.ChildJvm
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.memory.support.Recorded
import dev.leasehold.memory.support.RecordedDisk
import dev.leasehold.memory.support.recorded
import dev.leasehold.memory.tryRent
import dev.leasehold.testing.await
import dev.leasehold.testing.logged
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import jdk.jfr.Configuration
import jdk.jfr.FlightRecorder
import jdk.jfr.consumer.RecordingFile
import java.lang.reflect.Proxy
import java.nio.file.Files
import java.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** What the flight recorder has of the library. */
class JfrEventsSpec : FunSpec() {
    private val settings = Configuration.create(checkNotNull(MemoryPool::class.java.getResourceAsStream(FILE)).reader())

    private fun all(action: () -> Unit): Recorded = recorded(settings.settings, action)

    init {
        test("what is mapped and unmapped is recorded, in the bytes that are held") {
            val events = all {
                val pool = MemoryPool.isolated("jfr mapped")
                pool.rent(3.MiB).close()
                pool.trim()
                pool.close()
                MemoryPool.fixed("jfr chunks", 64, 100, 64).close()
                val manager = SystemMemoryManager("jfr grown")
                manager.allocate(2.MiB).resize(5.MiB).resize(3.MiB).close()
                manager.close()
            }
            events.of("Map", "owner", "jfr mapped").map { it.getLong("bytes") } shouldContainExactly listOf(3.MiB)
            events.of("Unmap", "owner", "jfr mapped").map { it.getLong("bytes") } shouldContainExactly listOf(3.MiB)
            events.of("Map", "owner", "jfr chunks").map { it.getLong("bytes") } shouldContainExactly listOf(8.KiB)
            events.of("Unmap", "owner", "jfr chunks").map { it.getLong("bytes") } shouldContainExactly listOf(8.KiB)
            val grown = events.of("Map", "owner", "jfr grown").sumOf { it.getLong("bytes") }
            grown shouldBe events.of("Unmap", "owner", "jfr grown").sumOf { it.getLong("bytes") }
            grown shouldBeGreaterThan 2.MiB
        }

        test("regions that slabs are cut from are recorded as they come and go") {
            val events = all {
                val pool = MemoryPool.isolated("jfr slabs")
                pool.rent(100).close()
                pool.close()
            }
            val mapped = events.of("Map", "owner", "jfr slabs").map { it.getLong("bytes") }
            mapped shouldHaveSize 1
            events.of("Unmap", "owner", "jfr slabs").map { it.getLong("bytes") } shouldContainExactly mapped
            val stack = events.of("Map", "owner", "jfr slabs").single().stackTrace
            stack.frames.map { it.method.name } shouldContain "rent"
        }

        test("an epoch that retires is recorded with its blocks and how long it was") {
            val before = System.nanoTime()
            val events = all {
                val pool = MemoryPool.isolated("jfr epochs")
                repeat(5) { pool.rentShared(1000).use { lease -> lease.keptSegment.setByte(0, 1) } }
                pool.trim()
                pool.close()
            }
            val retired = events.of("Retire", "owner", "jfr epochs").single()
            retired.getInt("blocks") shouldBe 5
            retired.getLong("lifetime") shouldBeInRange 1..System.nanoTime() - before
        }

        test("a wait is recorded with its length and its end") {
            val events = all {
                val pool = MemoryPool.fixed("jfr waits", 100, 1)
                val lease = pool.rentShared(100)
                shouldThrow<RentTimeoutException> { pool.rent(1, 30.milliseconds) }
                waiting(pool, 2) { it.interrupt() }
                waiting(pool, 3) { lease.close() }
                val other = pool.rentShared(100)
                waiting(pool, 4) { runCatching { pool.close() } }
                other.close()
            }
            val waits = events.of("Wait", "owner", "jfr waits")
            waits.map { it.getLong("size") to it.getString("outcome") } shouldContainExactlyInAnyOrder
                listOf(1L to "timed out", 2L to "cancelled", 3L to "served", 4L to "closed")
            val timedOut = waits.single { it.getLong("size") == 1L }
            timedOut.duration shouldBeGreaterThan Duration.ofMillis(29)
            timedOut.stackTrace.frames.any { it.method.name.startsWith("rent-") } shouldBe true
        }

        test("a refusal names the budget and its figures") {
            val app = MemoryBudget.rootOf("jfr app", 1.MiB)
            val events = all {
                val pool = MemoryPool.isolated("jfr refused") { budget = app }
                shouldThrow<MemoryExhaustedException> { pool.rent(2.MiB) }
                pool.close()
                val small = MemoryPool.isolated("jfr small") { limit = 64.KiB }
                val lease = small.rent(64.KiB)
                repeat(3) { small.tryRent(64.KiB).shouldBeNull() }
                lease.close()
                small.close()
            }
            val refusal = events.of("Refusal", "path", "jfr app").single()
            listOf("requested", "limit", "used").map(refusal::getLong) shouldBe listOf(2.MiB, 1.MiB, 0L)
            val own = events.of("Refusal", "path", "${MemoryBudget.root().path} › jfr small")
            own.map { it.getLong("limit") } shouldContainExactly List(3) { 64.KiB }
            own.map { it.getLong("used") } shouldContainExactly List(3) { 64.KiB }
        }

        test("a close with leases or blocks in use is recorded") {
            val events = all {
                val pool = MemoryPool.isolated("jfr in use")
                val leases = List(3) { pool.rentShared(4096) }
                shouldThrow<OutstandingLeasesException> { pool.close() }
                leases.forEach { it.close() }
                val manager = SystemMemoryManager("jfr blocks in use")
                manager.allocate(4096).use { shouldThrow<OutstandingBlocksException> { manager.close() } }
            }
            val close = events.of("CloseInUse", "owner", "jfr in use").single()
            listOf("count", "bytes").map(close::getLong) shouldBe listOf(3L, 3 * 4096L)
            events.of("CloseInUse", "owner", "jfr blocks in use").single().getLong("count") shouldBe 1
        }

        test("commits, recoveries and rebuilds of a file are recorded") {
            MappedFiles().use { files ->
                val path = files.path("orders")
                val copy = files.path("copy")
                val dead = files.path("dead")
                val events = all {
                    val manager = MappedFiles.open(path, { durability = MappedDurability.COMMIT })
                    manager.allocate(1000).use { manager.roots["a"] = it }
                    manager.commit()
                    Files.copy(path, copy)
                    manager.close()
                    RecordedDisk.openAfterRestart(copy).close()
                    val dying = MappedFiles.open(dead)
                    val living = MappedFiles.open(dead)
                    for (name in 1..7) living.allocate(100).use { living.roots["$name"] = it }
                    for (name in 1..7) dying.roots.open("$name")
                    MappedFiles.kill(dying.session)
                    living.session.sessions.recoverAll()
                    living.close()
                }
                val commits = events.of("Commit", "file", "$path")
                commits.first().getLong("bytes") shouldBeGreaterThan 0
                // Also a close commits.
                commits shouldHaveSize 2
                events.of("Recovery", "file", "$dead").single().getInt("blocks") shouldBe 7
                events.of("Rebuild", "file", "$copy").single().getLong("bytes") shouldBeGreaterThan
                    commits.first().getLong("bytes") - 1
            }
        }

        test("sampled rents, leaks and misuses are recorded as they are reported") {
            val events = all {
                Events.tell { it.rented("jfr reported", 100, "import") }
                Events.tell { it.lost("jfr reported", 200, 5000, "Orders.load(Orders.kt:12)") }
                Events.tell { it.misused("jfr reported", "used after its close", null) }
            }
            val rent = events.of("Rent", "owner", "jfr reported").single()
            rent.getLong("size") shouldBe 100
            rent.getString("tag") shouldBe "import"
            rent.stackTrace.frames.any { it.method.type.name.contains("JfrEventsSpec") } shouldBe true
            val leak = events.of("Leak", "owner", "jfr reported").single()
            leak.getLong("size") shouldBe 200
            leak.getDuration("age") shouldBe Duration.ofSeconds(5)
            leak.getString("site") shouldBe "Orders.load(Orders.kt:12)"
            events.of("Misuse", "owner", "jfr reported").single().getString("what") shouldBe "used after its close"
        }

        test("the figures of pools, managers and budgets are recorded, and are those of the snapshot") {
            MappedFiles().use { files ->
                val app = MemoryBudget("jfr figures", 64.MiB)
                val pool = MemoryPool.isolated("jfr pool") { budget = app }
                val manager = SystemMemoryManager("jfr manager") { budget = app }
                val file = MappedFiles.open(files.path("jfr file"), { budget = app })
                val leases = listOf(pool.rentShared(100), pool.rentShared(5000))
                val blocks = listOf(manager.allocate(700), file.allocate(300))
                // At the end of a recording, and not at some moment of it.
                val atTheEnd = settings.settings.mapValues { if ("#period" in it.key) "endChunk" else it.value }
                val events = recorded(atTheEnd) {}
                val recorded = events.of("PoolStatistics", "owner", "jfr pool").single()
                val stats = pool.stats()
                FIGURES.map(recorded::getLong) shouldBe with(stats) {
                    listOf(reserved, used, idle, quarantined, peak, limit, rents, hits)
                }
                recorded.getLong("leases") shouldBe 2
                recorded.getInt("waiters") shouldBe 0
                recorded.getString("budget") shouldBe app.path
                recorded.getString("state") shouldBe "open"
                val ofManager = events.of("ManagerStatistics", "owner", "jfr manager").single()
                FIGURES.map(ofManager::getLong) shouldBe with(manager.stats()) {
                    listOf(reserved, used, idle, quarantined, peak, limit, allocations, hits)
                }
                ofManager.getLong("blocks") shouldBe 1
                events.of("ManagerStatistics", "owner", "jfr file").single().getString("file") shouldBe "${file.path}"
                val budget = events.of("BudgetStatistics", "path", app.path).single()
                listOf("used", "peak", "limit").map(budget::getLong) shouldBe listOf(app.used, app.peak, 64.MiB)
                (leases + blocks).forEach { it.close() }
                listOf(pool, manager, file).forEach { it.close() }
            }
        }

        test("what a recording does not turn on is not recorded, and by default nothing frequent is") {
            val enabled = mapOf("dev.leasehold.Refusal#enabled" to "true")
            recorded(enabled, ::mapAndRefuse).byKind.keys shouldContainExactly setOf("CloseInUse", "Refusal")
            val disabled = TYPES.associate { "$it#enabled" to "false" }
            recorded(disabled, ::mapAndRefuse).byKind.keys.shouldBeEmpty()
            recorded(emptyMap(), ::mapAndRefuse).byKind.keys shouldContainExactly setOf("CloseInUse", "Refusal")
        }

        test("the settings file names exactly the events that there are, with settings that they have") {
            // Copies of the library that other tests have loaded in this process have the same.
            val types = FlightRecorder.getFlightRecorder().eventTypes.filter { it.name.startsWith(Recorded.PREFIX) }
                .distinctBy { it.name }
            types.map { it.name } shouldContainExactlyInAnyOrder TYPES
            val named = settings.settings.keys.map { it.substringBefore('#') }.distinct()
            named shouldContainExactlyInAnyOrder TYPES
            for ((setting, _) in settings.settings) {
                val type = types.single { it.name == setting.substringBefore('#') }
                type.settingDescriptors.map { it.name } shouldContain setting.substringAfter('#')
            }
            for (type in types) {
                settings.settings["${type.name}#enabled"] shouldBe "true"
                type.label.isNullOrBlank() shouldBe false
                type.description.isNullOrBlank() shouldBe false
                type.categoryNames.first() shouldBe "Leasehold"
            }
        }

        test("a listener that throws breaks nothing, is named once in the log, and hears no more") {
            val before = Events.listener
            var heard = 0
            Events.listener = Proxy.newProxyInstance(
                MemoryEvents::class.java.classLoader,
                arrayOf(MemoryEvents::class.java),
            ) { _, _, _ ->
                heard++
                error("no")
            } as MemoryEvents
            try {
                logged("events of memory are not recorded any more") {
                    MemoryPool.isolated("jfr thrown").use { pool -> pool.rent(5.MiB).close() }
                } shouldHaveSize 1
                heard shouldBe 1
                Events.listener.shouldBeNull()
            } finally {
                Events.listener = before
            }
        }

        test("a recording that the command line starts has all from the first pool on") {
            MappedFiles().use { files ->
                val jfc = files.path("leasehold.jfc")
                Files.write(jfc, checkNotNull(MemoryPool::class.java.getResourceAsStream(FILE)).readBytes())
                val output = files.path("out.jfr")
                val option = "-XX:StartFlightRecording:filename=$output,settings=default,settings=$jfc"
                ChildJvm.run(RecordedMain::class, listOf(ChildJvm.NATIVE_ACCESS, option)).exitCode shouldBe 0
                val events = RecordingFile.readAllEvents(output)
                events.filter { it.eventType.name == "dev.leasehold.Map" }.map { it.getString("owner") } shouldContain
                    "first"
                events.map { it.eventType.name } shouldContain "jdk.JVMInformation"
            }
        }

        test("a recorder that starts after the pools finds them") {
            ChildJvm.run(LateMain::class, listOf(ChildJvm.NATIVE_ACCESS)).output shouldContain "found quiet"
        }

        test("a JVM without a flight recorder has all but the recordings") {
            val modules = "--limit-modules=java.base,java.logging,java.management,jdk.management,jdk.unsupported"
            val end = ChildJvm.run(RecordedMain::class, listOf(ChildJvm.NATIVE_ACCESS, modules))
            end.output shouldContain "no jdk.jfr"
            end.exitCode shouldBe 0
        }
    }

    private fun mapAndRefuse() {
        val pool = MemoryPool.isolated("jfr disabled") { limit = 4.MiB }
        val lease = pool.rentShared(3.MiB)
        pool.tryRent(2.MiB).shouldBeNull()
        shouldThrow<OutstandingLeasesException> { pool.close() }
        lease.close()
    }

    /** Has another thread wait for [size] bytes of [pool], ends the wait by [end], and waits for it. */
    private fun waiting(pool: MemoryPool, size: Long, end: (Thread) -> Unit) {
        val waiter = Thread.ofPlatform().start { runCatching { pool.rent(size, 60.seconds).close() } }
        await("it waits") { pool.stats().waiters == 1 }
        Thread.sleep(10)
        end(waiter)
        waiter.join()
    }

    private companion object {
        const val FILE = "/META-INF/leasehold.jfc"
        val FIGURES = listOf("reserved", "used", "idle", "quarantined", "peak", "limit", "requests", "hits")
        val TYPES = listOf(
            "Rent",
            "Wait",
            "Leak",
            "Misuse",
            "Map",
            "Unmap",
            "Retire",
            "Refusal",
            "CloseInUse",
            "Commit",
            "Recovery",
            "Rebuild",
            "PoolStatistics",
            "ManagerStatistics",
            "BudgetStatistics",
        ).map { Recorded.PREFIX + it }
    }
}

/** Makes the first pool of a JVM, and says whether that has no flight recorder. */
internal object RecordedMain {
    @JvmStatic
    fun main(args: Array<String>) {
        if (ModuleLayer.boot().findModule("jdk.jfr").isEmpty) println("no jdk.jfr")
        MemoryPool.isolated("first").use { it.rent(100).close() }
    }
}

/** Starts a recording when a pool has long been there, and nothing but that happens. */
internal object LateMain {
    @JvmStatic
    fun main(args: Array<String>) {
        val pool = MemoryPool.isolated("quiet")
        pool.rent(100).close()
        // The recorder is asked in the background, a second after the first pool was made.
        Thread.sleep(3_000)
        val statistics = "${Recorded.PREFIX}PoolStatistics"
        val events = recorded(mapOf("$statistics#enabled" to "true", "$statistics#period" to "endChunk")) {}
        println("found ${events.byKind["PoolStatistics"].orEmpty().joinToString { it.getString("owner") }}")
        pool.close()
    }
}
