package dev.leasehold.memory.micrometer

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.diagnostics.MemorySnapshot
import dev.leasehold.memory.micrometer.samples.metersOfAll
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.micrometer.core.instrument.MeterRegistry
import io.micrometer.core.instrument.Tag
import io.micrometer.core.instrument.simple.SimpleMeterRegistry
import io.micrometer.prometheusmetrics.PrometheusConfig
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry
import java.lang.ref.WeakReference
import kotlin.time.Duration.Companion.milliseconds

class LeaseholdMetricsSpec : FunSpec() {
    private val registry = SimpleMeterRegistry()

    private fun MeterRegistry.value(name: String, vararg tags: String): Double? =
        find(name).tags(*tags).meters().singleOrNull()?.measure()?.single()?.value

    private fun pool(name: String, figure: String) = registry.value("leasehold.$figure", "kind", "pool", "owner", name)

    private fun owners() = registry.find("leasehold.memory.used").meters().map { it.id.getTag("owner") }

    init {
        test("the values of each pool, manager and budget are those of the snapshot") {
            val app = MemoryBudget("meters", 64.MiB)
            val rows = MemoryPool.isolated("rows") {
                budget = app
                limit = 8.MiB
            }
            val blocks = SystemMemoryManager("blocks") { budget = app }
            val held = listOf(rows.rentShared(100), rows.rentShared(5000))
            val block = blocks.allocate(5000)
            shouldThrow<RentTimeoutException> { rows.rent(8.MiB, 1.milliseconds) }
            LeaseholdMetrics(app, listOf(Tag.of("region", "north"))).use { metrics ->
                metrics.bindTo(registry)
                val snapshot = MemorySnapshot.take(app)
                val figures = snapshot.pools.single().statistics!!
                val names = listOf("reserved", "used", "idle", "quarantined", "limit").map { "memory.$it" }
                (names + listOf("leases", "waiters", "rents", "hits")).map { pool("rows", it) } shouldContainExactly
                    with(figures) {
                        listOf(reserved, used, idle, quarantined, limit, leases, waiters.toLong(), rents, hits)
                    }.map { it.toDouble() }
                val ofPool = arrayOf("kind", "pool", "owner", "rows")
                listOf("served", "timed out", "cancelled", "failed").map {
                    registry.value("leasehold.waits", *ofPool, "outcome", it)
                } shouldContainExactly listOf(0.0, 1.0, 0.0, 0.0)
                pool("rows", "wait.longest") shouldBe figures.waits.longestNanos / 1e9
                val ofManager = snapshot.managers.single().statistics!!
                val manager = arrayOf("kind", "manager", "owner", "blocks", "region", "north")
                registry.value("leasehold.memory.used", *manager) shouldBe ofManager.used.toDouble()
                registry.value("leasehold.memory.limit", *manager) shouldBe Double.POSITIVE_INFINITY
                registry.value("leasehold.blocks", *manager) shouldBe 1.0
                registry.value("leasehold.allocations", *manager) shouldBe 1.0
                registry.value("leasehold.budget.used", "budget", app.path) shouldBe app.used.toDouble()
                registry.value("leasehold.budget.limit", "budget", app.path) shouldBe 64.MiB.toDouble()
            }
            registry.meters.shouldBeEmpty()
            held.forEach { it.close() }
            block.close()
            rows.close()
            blocks.close()
            app.close()
        }

        test("a pool that comes later has meters by itself, and one that is closed has none any more") {
            val app = MemoryBudget("meters")
            LeaseholdMetrics(app).use { metrics ->
                metrics.bindTo(registry)
                owners().shouldBeEmpty()
                val late = MemoryPool.isolated("late") { budget = app }
                await("it has meters") {
                    registry.value("leasehold.budget.used", "budget", app.path)
                    owners() == listOf("late")
                }
                late.rent(100).use {
                    await("they have new values") { pool("late", "leases") == 1.0 }
                }
                late.close()
                await("they are gone") {
                    registry.value("leasehold.budget.used", "budget", app.path)
                    owners().isEmpty()
                }
            }
            app.close()
        }

        test("owners of one name share their meters, which have the sums, and counters do not fall") {
            val app = MemoryBudget("meters")
            val below = MemoryBudget("below", 64.MiB, app)
            val first = MemoryPool.isolated("same") {
                budget = app
                limit = 1.MiB
            }
            val second = MemoryPool.isolated("same") {
                budget = below
                limit = 2.MiB
            }
            val manager = SystemMemoryManager("same") { budget = app }
            LeaseholdMetrics(app).use { metrics ->
                repeat(3) { first.rent(100).close() }
                val lease = second.rent(4.KiB)
                metrics.bindTo(registry)
                owners() shouldContainExactlyInAnyOrder listOf("same", "same")
                pool("same", "rents") shouldBe 4.0
                pool("same", "memory.limit") shouldBe 3.MiB.toDouble()
                pool("same", "memory.used") shouldBe second.stats().used.toDouble()
                registry.value("leasehold.allocations", "kind", "manager", "owner", "same") shouldBe 0.0
                first.close()
                metrics.update()
                pool("same", "rents") shouldBe 4.0
                pool("same", "memory.limit") shouldBe 2.MiB.toDouble()
                lease.close()
                second.close()
                metrics.update()
                pool("same", "rents").shouldBeNull()
                // The name begins anew.
                MemoryPool.isolated("same") { budget = app }.use {
                    metrics.update()
                    pool("same", "rents") shouldBe 0.0
                }
                manager.close()
            }
        }

        test("no meter keeps a pool, and one that is garbage has none any more") {
            val app = MemoryBudget("meters")
            LeaseholdMetrics(app).use { metrics ->
                metrics.bindTo(registry)
                val dropped = drop(app, metrics)
                await("the pool is garbage") {
                    System.gc()
                    metrics.update()
                    dropped.get() == null && owners().isEmpty()
                }
            }
        }

        test("a registry keeps its meters when nobody keeps the binder") {
            val app = MemoryBudget("meters")
            val pool = MemoryPool.isolated("kept") { budget = app }
            val binder = bind(app)
            await("the binder is garbage") {
                System.gc()
                binder.get() == null
            }
            pool.rent(100).use {
                await("a value is new") { pool("kept", "leases") == 1.0 }
            }
            registry.clear()
            pool.close()
        }

        test("the text that Prometheus scrapes has them all, under its own names") {
            val prometheus = PrometheusMeterRegistry(PrometheusConfig.DEFAULT)
            val app = MemoryBudget("meters", 64.MiB)
            val pool = MemoryPool.isolated("scraped") { budget = app }
            pool.rent(100).use { lease ->
                lease.segment.setByte(0, 1)
                LeaseholdMetrics(app).use { metrics ->
                    metrics.bindTo(prometheus)
                    val text = prometheus.scrape()
                    val tags = "{kind=\"pool\",owner=\"scraped\"}"
                    text shouldContain "leasehold_memory_used_bytes$tags ${pool.stats().used.toDouble()}\n"
                    text shouldContain "leasehold_memory_limit_bytes$tags +Inf\n"
                    text shouldContain "leasehold_leases$tags 1.0\n"
                    text shouldContain "leasehold_rents_total$tags 1.0\n"
                    text shouldContain "leasehold_wait_longest_seconds$tags 0.0\n"
                    text shouldContain "leasehold_waits_total{kind=\"pool\",outcome=\"served\",owner=\"scraped\"} 0.0\n"
                    text shouldContain "leasehold_budget_limit_bytes{budget=\"${app.path}\"} 6.7108864E7\n"
                    MemoryPool.isolated("second") { budget = app }.use {
                        await("a scrape finds a pool that has come meanwhile") {
                            "owner=\"second\"" in prometheus.scrape()
                        }
                    }
                    await("and loses it when it has gone") { "owner=\"second\"" !in prometheus.scrape() }
                }
                prometheus.scrape() shouldNotContain "leasehold"
            }
            pool.close()
        }

        test("to bind twice and to close twice does nothing, and a closed binder adds none") {
            val app = MemoryBudget("meters")
            val metrics = LeaseholdMetrics(app)
            metrics.bindTo(registry)
            metrics.bindTo(registry)
            registry.meters.size shouldBe 2
            metrics.close()
            metrics.close()
            metrics.update()
            registry.meters.shouldBeEmpty()
        }

        test("without arguments it is all memory of the process") {
            MemoryPool.isolated("orders").use { pool ->
                pool.rent(4.KiB).use {
                    metersOfAll(registry) shouldBe pool.stats().used.toDouble()
                    owners() shouldContain "orders"
                }
            }
            registry.clear()
        }
    }

    private fun drop(app: MemoryBudget, metrics: LeaseholdMetrics): WeakReference<MemoryPool> {
        val pool = MemoryPool.isolated("dropped") { budget = app }
        metrics.update()
        owners() shouldContain "dropped"
        return WeakReference(pool)
    }

    private fun bind(app: MemoryBudget): WeakReference<LeaseholdMetrics> =
        WeakReference(LeaseholdMetrics(app).also { it.bindTo(registry) })
}
