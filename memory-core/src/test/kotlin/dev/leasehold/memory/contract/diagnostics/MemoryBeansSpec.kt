package dev.leasehold.memory.contract.diagnostics

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.contract.platform.collectUntil
import dev.leasehold.memory.diagnostics.MemoryBeans
import dev.leasehold.memory.diagnostics.MemorySnapshot
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.samples.beansOfAll
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith
import java.lang.management.ManagementFactory
import javax.management.Attribute
import javax.management.MBeanServerFactory
import javax.management.ObjectName
import javax.management.RuntimeMBeanException
import kotlin.time.Duration.Companion.milliseconds

class MemoryBeansSpec : FunSpec({
    val server = MBeanServerFactory.newMBeanServer()

    fun name(text: String) = ObjectName("dev.leasehold.memory:$text")

    fun read(bean: ObjectName, attribute: String): Any? = server.getAttribute(bean, attribute)

    fun all() = server.queryNames(name("*"), null)

    test("each budget, pool, manager and file has a bean, whose values are those of the snapshot") {
        MappedFiles().use { files ->
            val app = MemoryBudget.rootOf("app", 64.MiB)
            val ingest = MemoryBudget("ingest", 32.MiB, app)
            val rows = MemoryPool.isolated("rows") { budget = ingest }
            val blocks = SystemMemoryManager("blocks") { budget = app }
            val file = MappedMemoryManager.create(files.path("orders")) { budget = app }
            val open = listOf(rows.rentShared(100), rows.rentShared(5000), blocks.allocate(5000), file.allocate(300))
            rows.limit = 1.MiB
            shouldThrow<RentTimeoutException> { rows.rent(1.MiB, 1.milliseconds) }
            MemoryBeans.register(app, server).use { beans ->
                val pool = name("type=Pool,budget=\"app › ingest\",name=\"rows\"")
                val budget = name("type=Budget,name=\"app\"")
                val manager = name("type=Manager,budget=\"app\",name=\"blocks\"")
                val mapped = name("type=Manager,budget=\"app\",name=\"orders\"")
                all().shouldContainExactlyInAnyOrder(
                    budget,
                    name("type=Budget,name=\"app › ingest\""),
                    pool,
                    manager,
                    mapped,
                )
                beans.names shouldBe all()
                val snapshot = MemorySnapshot.take(app)
                val figures = snapshot.pools.single().statistics!!
                listOf("Reserved", "Used", "Idle", "Quarantined", "Peak", "Limit", "Requests", "Hits")
                    .map { read(pool, it) } shouldBe with(figures) {
                    listOf(reserved, used, idle, quarantined, peak, limit, rents, hits)
                }
                // As those of the JVM's own buffer pools.
                listOf("Name", "Count", "MemoryUsed", "TotalCapacity").map { read(pool, it) } shouldBe
                    listOf("rows", 2L, figures.used, figures.reserved)
                read(pool, "Budget") shouldBe "app › ingest"
                read(pool, "Closed") shouldBe false
                read(pool, "Waiters") shouldBe 0
                val waits = listOf("ServedWaits", "TimedOutWaits", "CancelledWaits", "LongestWaitNanos")
                waits.map { read(pool, it) } shouldBe
                    with(figures.waits) { listOf(served, timedOut, cancelled, longestNanos) }
                read(pool, "TimedOutWaits") shouldBe 1L
                read(manager, "Count") shouldBe 1L
                read(manager, "File") shouldBe null
                read(mapped, "File") shouldBe files.path("orders").toString()
                read(mapped, "Used") shouldBe file.stats().used
                read(budget, "Used") shouldBe app.used
                read(budget, "Available") shouldBe app.available
                (server.invoke(budget, "tree", emptyArray(), emptyArray()) as String) shouldStartWith "memory "
            }
            all().shouldBeEmpty()
            open.forEach { it.close() }
            listOf(rows, blocks, file).forEach { it.close() }
        }
    }

    test("limits are set at run time, and idle memory goes back at a word") {
        val app = MemoryBudget.rootOf("app", 64.MiB)
        val pool = MemoryPool.isolated("pool") { budget = app }
        MemoryBeans.register(app, server).use {
            val bean = name("type=Pool,budget=\"app\",name=\"pool\"")
            pool.rent(100).close()
            (server.invoke(bean, "trim", emptyArray(), emptyArray()) as Long) shouldBe app.peak
            server.setAttribute(bean, Attribute("Limit", 64.KiB))
            pool.limit shouldBe 64.KiB
            shouldThrow<RuntimeMBeanException> { server.setAttribute(bean, Attribute("Limit", 100L)) }
                .cause!!.message shouldBe "pool 'pool': the limit of 100 bytes is below one page of 4,096 bytes"
            pool.limit shouldBe 64.KiB
            shouldThrow<MemoryExhaustedException> { List(20) { pool.rent(4096) } }
            server.setAttribute(name("type=Budget,name=\"app\""), Attribute("Limit", 32.MiB))
            app.limit shouldBe 32.MiB
        }
    }

    test("what comes later has its bean soon, what is closed or garbage has none, and no bean keeps a pool") {
        val app = MemoryBudget.rootOf("app", 64.MiB)
        val first = MemoryPool.isolated("pool") { budget = app }
        MemoryBeans.register(app, server).use { beans ->
            drop(app, beans)
            val second = MemoryPool.isolated("pool") { budget = app }
            val budget = name("type=Budget,name=\"app\"")
            await("the second has its bean") {
                read(budget, "Used")
                name("type=Pool,budget=\"app\",name=\"pool\",number=2") in all()
            }
            collectUntil("the dropped pool has none") {
                beans.update()
                name("type=Pool,budget=\"app\",name=\"dropped\"") !in all()
            }
            first.close()
            beans.update()
            all().shouldContainExactlyInAnyOrder(budget, name("type=Pool,budget=\"app\",name=\"pool\",number=2"))
            second.close()
        }
    }

    test("a bean that others took off the server is no obstacle, and a closed registration adds none") {
        val app = MemoryBudget.rootOf("app", 64.MiB)
        val beans = MemoryBeans.register(app, server)
        server.unregisterMBean(beans.names.single())
        beans.close()
        beans.close()
        beans.update()
        all().shouldBeEmpty()
    }

    test("without arguments it is all of the process, in the platform's server") {
        MemoryPool.shared().rent(100).close()
        val platform = ManagementFactory.getPlatformMBeanServer()
        beansOfAll {
            val names = platform.queryNames(ObjectName("dev.leasehold.memory:type=Pool,*"), null)
            names.map { it.getKeyProperty("name") } shouldContain "\"shared\""
        } shouldBeGreaterThan 1
        platform.queryNames(ObjectName("dev.leasehold.memory:*"), null).map { it.toString() }.shouldContainExactly()
    }
})

private fun drop(budget: MemoryBudget, beans: MemoryBeans) {
    MemoryPool.isolated("dropped") { this.budget = budget }
    beans.update()
    beans.names.map { it.getKeyProperty("name") } shouldContain "\"dropped\""
}
