package dev.leasehold.memory.contract.diagnostics

import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.Lease
import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.LeaseThreadException
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingLeasesException
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.diagnostics.HeldMemory
import dev.leasehold.memory.diagnostics.LeakDetection
import dev.leasehold.memory.diagnostics.LostMemory
import dev.leasehold.memory.internal.block.Sampling
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.samples.findTheLeak
import dev.leasehold.memory.support.ChildJvm
import dev.leasehold.memory.support.failureOn
import dev.leasehold.memory.support.onThread
import dev.leasehold.testing.await
import dev.leasehold.testing.logged
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeBetween
import io.kotest.matchers.doubles.shouldBeBetween
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.ref.Reference.reachabilityFence
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.locks.LockSupport
import kotlin.math.sqrt
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

class LeakDetectionSpec : FunSpec() {
    private fun held(owner: String) = LeakDetection.dump().of(owner)

    private inline fun <R> sampling(every: Int, action: () -> R): R {
        val before = LeakDetection.sampleEvery
        LeakDetection.sampleEvery = every
        try {
            return action()
        } finally {
            LeakDetection.sampleEvery = before
        }
    }

    private fun collected(what: String, holds: () -> Boolean) = await(what) {
        System.gc()
        Thread.sleep(5)
        holds()
    }

    private fun lostFrom(owner: String) = LeakDetection.leaks().filter { it.owner == owner }

    init {
        test("with one in one every lease and block is listed, also in threads that have rented before") {
            val pool = MemoryPool.isolated("listed")
            val manager = SystemMemoryManager("listed blocks")
            repeat(1000) { pool.rent(100).close() }
            repeat(1000) { manager.allocate(100).close() }
            held("listed") shouldHaveSize 0
            sampling(1) {
                val lease = pool.rent(100)
                val shared = pool.rentShared(200)
                val block = manager.allocate(300)
                val large = manager.allocate(3.MiB)
                held("listed").map { it.bytes }.toSet() shouldBe setOf(100L, 200L)
                held("listed blocks").map { it.bytes }.toSet() shouldBe setOf(300L, 3.MiB)
                val listed = held("listed").single { it.bytes == 100L }
                listed.kind shouldBe "lease"
                listed.tag shouldBe null
                listed.thread shouldContain Thread.currentThread().name
                listed.site shouldContain "LeakDetectionSpec.kt"
                listed.stack.first().className shouldContain "LeakDetectionSpec"
                (listed.stack.size > 1) shouldBe true
                shared.asKeptMemorySegment().fill(1)
                listOf<AutoCloseable>(lease, shared, block, large).forEach(AutoCloseable::close)
            }
            held("listed") shouldHaveSize 0
            held("listed blocks") shouldHaveSize 0
            pool.stats().used shouldBe 0
            pool.close()
            manager.close()
        }

        test("all ways to rent are watched: in time, aligned, for any thread, of chunks, on a virtual thread") {
            val pool = MemoryPool.isolated("ways")
            val chunks = MemoryPool.fixed("chunk ways", 1.KiB, 8)
            sampling(1) {
                val open = ArrayList<AutoCloseable>()
                open += pool.rent(100, 4096)
                open += pool.rent(100, 1.seconds)
                open += pool.rentShared(100, 64)
                open += pool.rentShared(100, 1.seconds)
                open += chunks.rent(100)
                open += chunks.rentShared(100)
                Thread.ofVirtual().start { open += pool.rentShared(100) }.join()
                held("ways") shouldHaveSize 5
                held("chunk ways") shouldHaveSize 2
                held("ways").count { "virtual thread" in it.thread } shouldBe 1
                open.forEach(AutoCloseable::close)
                held("ways") shouldHaveSize 0
                held("chunk ways") shouldHaveSize 0
            }
            pool.close()
            chunks.close()
        }

        test("the gaps of the sample are those of independent draws") {
            sampling(1024) {
                val count = 100_000
                val gaps = LongArray(count) { Sampling.gap() }
                // Six standard errors of the mean of a geometric distribution.
                gaps.average().shouldBeBetween(1024.0, 1024.0, 6 * 1024 / sqrt(count.toDouble()))
                val short = gaps.count { it <= 709 }
                // Half of them are at most the median, ln 2 / -ln(1 - 1/1024).
                short.shouldBeBetween(50_000 - 6 * 158, 50_000 + 6 * 158)
            }
        }

        test("a sample of the rents is watched, as many as were to be expected") {
            val pool = MemoryPool.isolated("sampled")
            val rents = 1200
            val watched = sampling(4) {
                val leases = List(rents) {
                    LockSupport.parkNanos(Sampling.LEAST_GAP_NANOS)
                    pool.rent(64)
                }
                held("sampled").size.also { leases.forEach(Lease::close) }
            }
            // Fifteen is one standard deviation.
            watched.shouldBeBetween(300 - 5 * 15, 300 + 5 * 15)
            pool.close()
        }

        test("what only takes what it has given back is not drawn, until its cache has run out twice") {
            val pool = MemoryPool.isolated("to and fro")
            fun watched() = (1..500).count {
                LockSupport.parkNanos(Sampling.LEAST_GAP_NANOS)
                pool.rent(64).use { held("to and fro").isNotEmpty() }
            }
            // Those at the beginning are drawn.
            repeat(200) { pool.rent(64).close() }
            sampling(2) {
                watched() shouldBe 0
                List(1000) { pool.rent(64) }.forEach(Lease::close)
                // Eleven is one standard deviation.
                watched().shouldBeBetween(250 - 6 * 11, 250 + 6 * 11)
            }
            pool.close()
        }

        test("what threads take that end soon is drawn, be it their first or not") {
            val pool = MemoryPool.isolated("short-lived")
            val open = ConcurrentLinkedQueue<SharedLease>()
            sampling(4) {
                repeat(400) {
                    onThread("short-lived") {
                        pool.rent(64).close()
                        open.add(pool.rentShared(64))
                    }
                }
                // One in four, where the first was not, a millisecond before. Eight is one standard deviation.
                held("short-lived").size.shouldBeBetween(75 - 6 * 8, 100 + 6 * 8)
            }
            open.forEach(SharedLease::close)
            pool.close()
        }

        test("of a size that no cache keeps is drawn what every other is") {
            val pool = MemoryPool.isolated("uncached")
            val watched = sampling(4) {
                val leases = List(400) {
                    LockSupport.parkNanos(Sampling.LEAST_GAP_NANOS)
                    pool.rent(512.KiB)
                }
                held("uncached").size.also { leases.forEach(Lease::close) }
            }
            // Nine is one standard deviation.
            watched.shouldBeBetween(100 - 6 * 9, 100 + 6 * 9)
            pool.close()
        }

        test("one in 1,024 is watched where nothing says otherwise") {
            val options = listOf(ChildJvm.NATIVE_ACCESS)
            // The tests' own JVMs watch none, and their children as many as they.
            ChildJvm.run(SampleEveryMain::class, options, "unset").output.trim() shouldBe "1024"
            val seven = options + "-Ddev.leasehold.memory.sampleEvery=7"
            ChildJvm.run(SampleEveryMain::class, seven).output.trim() shouldBe "7"
        }

        test("one thread watches no more than one a millisecond") {
            val pool = MemoryPool.isolated("busy")
            sampling(2) {
                val from = System.nanoTime()
                val leases = List(20_000) { pool.rent(64) }
                val millis = (System.nanoTime() - from) / 1_000_000
                // By its cache, and by the slow way.
                (held("busy").size <= 2 * (millis + 2)) shouldBe true
                leases.forEach(Lease::close)
            }
            pool.close()
        }

        test("what is taken under a tag is listed and reported under it") {
            val pool = MemoryPool.isolated("tagged") { traceSites = true }
            val leases = LeakDetection.tagged("import") {
                listOf(pool.rent(100), LeakDetection.tagged("image") { pool.rent(200) }, pool.rent(300))
            }
            val bare = pool.rent(400)
            held("tagged").associate { it.bytes to it.tag } shouldBe
                mapOf(100L to "import", 200L to "image", 300L to "import", 400L to null)
            LeakDetection.dump().groups.filter { it.owner == "tagged" }.map { it.bytes }.sorted() shouldBe
                listOf(200L, 400L, 400L)
            shouldThrow<OutstandingLeasesException> { pool.close() }.message shouldContain " as 'image' "
            (leases + bare).forEach(Lease::close)
        }

        test("a refusal at a limit names who holds the memory") {
            val pool = MemoryPool.isolated("full") {
                traceSites = true
                limit = 64.KiB
            }
            val held = List(2) { pool.rent(20.KiB) }
            val by =
                "; held by 2 leases of 40,960 bytes rented at .*LeakDetectionSpec.*\\(LeakDetectionSpec.kt:\\d+\\) " +
                    "by thread '.*' \\(#\\d+\\), the oldest \\d+ m?s ago"
            shouldThrow<MemoryExhaustedException> { pool.rent(60.KiB) }.message shouldMatch Regex(".*$by")
            shouldThrow<RentTimeoutException> { pool.rent(60.KiB, 5.milliseconds) }.message shouldMatch Regex(".*$by")
            val closed = shouldThrow<OutstandingLeasesException> { pool.close() }
            closed.message!!.lines().last() shouldMatch Regex("  2 leases of 40,960 bytes rented at .* m?s ago")
            held.forEach(Lease::close)
        }

        test("a refusal of a budget names who holds what counts in it, of all pools and managers below") {
            val team = MemoryBudget("team", 1.MiB)
            val pool = MemoryPool.isolated("theirs") {
                traceSites = true
                budget = team
            }
            val manager = SystemMemoryManager("ours") {
                traceSites = true
                budget = team
            }
            val lease = pool.rent(300.KiB)
            val block = manager.allocate(400.KiB)
            val message = shouldThrow<BudgetExceededException> { pool.rent(900.KiB) }.message!!
            message.substringAfter("; held by ").split("; ").map { it.substringBefore(" at ") } shouldBe listOf(
                "1 block of 409,600 bytes from manager 'ours' allocated",
                "1 lease of 307,200 bytes from pool 'theirs' rented",
            )
            lease.close()
            block.close()
            pool.close()
            manager.close()
            team.close()
        }

        test("a fixed pool names who holds its chunks") {
            val pool = MemoryPool.fixed("chunks held", 1.KiB, 1) { traceSites = true }
            val lease = pool.rentShared(1000)
            shouldThrow<MemoryExhaustedException> { pool.rent(10) }.message shouldMatch
                Regex(
                    ".*; held by 1 lease of 1,000 bytes rented at .*LeakDetectionSpec.kt:\\d+\\) by thread .* m?s ago",
                )
            lease.close()
            pool.close()
        }

        for (kind in listOf("isolated", "fixed")) {
            fun pool(name: String, keeps: Boolean) = if (kind == "fixed") {
                MemoryPool.fixed(name, 1.KiB, 8) {
                    traceSites = true
                    returnLost = !keeps
                }
            } else {
                MemoryPool.isolated(name) {
                    traceSites = true
                    returnLost = !keeps
                }
            }

            test("the bytes of lost leases of a pool that is $kind go back, and their places are counted") {
                val pool = pool("lossy $kind", keeps = false)
                val heard = ConcurrentLinkedQueue<LostMemory>()
                val records = logged("from pool 'lossy $kind' was never closed") {
                    LeakDetection.onLeak { if (it.memory.owner == "lossy $kind") heard.add(it) }.use {
                        onThread("loser") { repeat(3) { lose(pool) } }
                        collected("all six are found") { heard.size == 6 }
                    }
                }
                // Logged once for each place.
                records shouldHaveSize 2
                pool.stats().used shouldBe 0
                pool.stats().leases shouldBe 0
                heard.all { it.isBack } shouldBe true
                heard.all { "loser" in it.memory.thread } shouldBe true
                val leaks = lostFrom("lossy $kind")
                leaks.map { it.count } shouldBe listOf(3L, 3L)
                leaks.map { it.bytes } shouldBe listOf(234L, 231L)
                leaks.map { it.bytesBack } shouldBe leaks.map { it.bytes }
                leaks.forEach { it.site shouldContain "lose(LeakDetectionSpec.kt:" }
                pool.close()
            }

            test("the bytes of lost leases of a pool that is $kind stay out where that was said") {
                val pool = pool("keeping $kind", keeps = true)
                logged("from pool 'keeping $kind' was never closed") {
                    onThread("loser") { lose(pool) }
                    collected("both are found") { lostFrom("keeping $kind").sumOf { it.count } == 2L }
                } shouldHaveSize 2
                lostFrom("keeping $kind").sumOf { it.bytesBack } shouldBe 0
                shouldThrow<OutstandingLeasesException> { pool.close() }.count shouldBe 2
            }
        }

        test("the memory of a lease goes back only when no view of it is left") {
            val pool = MemoryPool.isolated("viewed") { traceSites = true }
            logged("from pool 'viewed' was never closed") {
                onThread("viewer") { lookAtViewOfLost(pool) }
                collected("it is found") { lostFrom("viewed").sumOf { it.count } == 1L }
            } shouldHaveSize 1
            pool.stats().leases shouldBe 0
            pool.close()
        }

        test("a kept view of a lost lease is cut off before its memory goes back") {
            val pool = MemoryPool.isolated("kept") { traceSites = true }
            val view = onThreadView { pool.rentShared(100).asKeptMemorySegment() }
            logged("from pool 'kept' was never closed") {
                collected("it is found") { lostFrom("kept").sumOf { it.count } == 1L }
            } shouldHaveSize 1
            view.scope().isAlive shouldBe false
            pool.stats().used shouldBe 0
            pool.close()
        }

        test("what another budget pays for stays out when it is lost, with the view that it has taken over") {
            val team = MemoryBudget("payer", 1.MiB)
            val pool = MemoryPool.isolated("paid for") { traceSites = true }
            val view = onThreadView {
                val first = pool.rentShared(100)
                first.asKeptMemorySegment().also { first.transferTo(team) }
            }
            logged("from pool 'paid for' was never closed") {
                collected("it is found") { lostFrom("paid for").sumOf { it.count } == 1L }
            } shouldHaveSize 1
            lostFrom("paid for").sumOf { it.bytesBack } shouldBe 0
            view.scope().isAlive shouldBe true
            shouldThrow<OutstandingLeasesException> { pool.close() }.count shouldBe 1
        }

        test("blocks that are lost go back, resized and of any size, and those of a manager that is cleared are none") {
            val manager = SystemMemoryManager("lost blocks") { traceSites = true }
            logged("from manager 'lost blocks' was never closed") {
                onThread("loser") {
                    manager.allocate(100).resize(120).resize(5000).withSegment { it.setByte(0, 1) }
                    manager.allocate(3.MiB).withSegment { it.setByte(0, 1) }
                    manager.allocate(0)
                }
                collected("both are found") { lostFrom("lost blocks").sumOf { it.count } == 2L }
            } shouldHaveSize 2
            manager.stats().used shouldBe 0
            manager.stats().blocks shouldBe 0
            val kept = ArrayList<Any>()
            onThread("forgetter") {
                kept +=
                    manager.allocate(77).also { block -> block.withSegment { it.setByte(0, 1) } }
            }
            manager.clear()
            kept.clear()
            repeat(5) {
                System.gc()
                Thread.sleep(5)
            }
            lostFrom("lost blocks").sumOf { it.count } shouldBe 2
            manager.close()
        }

        test("a sample finds what is lost, too") {
            val pool = MemoryPool.isolated("sample of lost")
            logged("from pool 'sample of lost' was never closed") {
                sampling(1) {
                    onThread("loser") { lose(pool) }
                    collected("both are found") { lostFrom("sample of lost").sumOf { it.count } == 2L }
                }
            } shouldHaveSize 2
            // Whether a view of the thread's own lease lives on is not known.
            pool.stats().leases shouldBe 1
            shouldThrow<OutstandingLeasesException> { pool.close() }
        }

        test("what is held for long is reported once, while it is alive") {
            val pool = MemoryPool.isolated("long") { traceSites = true }
            val found = ConcurrentLinkedQueue<HeldMemory>()
            LeakDetection.watchHolds(1.seconds) { if (it.owner == "long") found.add(it) }.use {
                val lease = pool.rent(100)
                repeat(10) { pool.rent(200).close() }
                await("it is reported") { found.isNotEmpty() }
                Thread.sleep(100)
                found.map { it.bytes } shouldBe listOf(100L)
                (found.single().ageMillis >= 1000) shouldBe true
                lease.close()
            }
            val records = logged("HELD: a lease of 300 bytes from pool 'long'") { records ->
                LeakDetection.watchHolds(20.milliseconds).use {
                    val lease = pool.rent(300)
                    await("it is logged") { records.isNotEmpty() }
                    lease.close()
                }
            }
            records shouldHaveSize 1
            found shouldHaveSize 1
            pool.close()
        }

        test("settings that cannot be are refused, and change nothing") {
            val before = LeakDetection.sampleEvery
            shouldThrow<MemoryConfigurationException> { LeakDetection.sampleEvery = -1 }.message shouldBe
                "one in -1 cannot be watched: 1 is all, and 0 none"
            LeakDetection.sampleEvery shouldBe before
            shouldThrow<MemoryConfigurationException> { LeakDetection.watchHolds(Duration.ZERO) }.message shouldBe
                "the time to hold memory must be positive, and was 0s"
        }

        test("misuse in a pool that traces shows the calls that rented and closed") {
            val pool = MemoryPool.isolated("misused") { traceSites = true }
            val lease = pool.rent(10)
            failureOn("stranger") { lease.close() }!!.shownCalls(LeaseThreadException::class.java) shouldBe
                listOf("rented by")
            lease.close()
            val late = shouldThrow<LeaseClosedException> { lease.segment }
            late.shownCalls(LeaseClosedException::class.java) shouldBe listOf("rented by", "closed by")
            late.suppressed.forEach { it.stackTrace.first().className shouldContain "LeakDetectionSpec" }
            pool.close()
            val manager = SystemMemoryManager("misused blocks") { traceSites = true }
            val block = manager.allocate(10)
            block.close()
            shouldThrow<BlockClosedException> { block.close() }.shownCalls(BlockClosedException::class.java) shouldBe
                listOf("allocated by", "closed by")
            manager.close()
        }

        test("lines of adapters are passed over, when it is said which those are") {
            val pool = MemoryPool.isolated("adapted") { traceSites = true }
            val before = LeakDetection.adapters
            val lease = Adapter.rent(pool)
            held("adapted").single().site shouldContain "Adapter.rent"
            LeakDetection.adapters = setOf("dev.leasehold.memory.contract.diagnostics.Adapter")
            try {
                held("adapted").single().site shouldContain "LeakDetectionSpec"
                held("adapted").single().stack.first().methodName shouldBe "rent"
            } finally {
                LeakDetection.adapters = before
            }
            lease.close()
            pool.close()
        }

        test("a dump shows each place with its calls") {
            val pool = MemoryPool.isolated("dumped") { traceSites = true }
            val leases = List(2) { pool.rent(50) }
            val text = LeakDetection.dump().toString()
            text shouldContain "leases and blocks of "
            text shouldContain
                "2 of 100 bytes from 'dumped' at dev.leasehold.memory.contract.diagnostics.LeakDetectionSpec"
            text shouldContain "\n    at dev.leasehold.memory.contract.diagnostics.LeakDetectionSpec"
            leases.forEach(Lease::close)
            pool.close()
        }

        test("the sample of the documentation finds its leak") {
            val pool = MemoryPool.isolated("of the sample")
            val every = LeakDetection.sampleEvery
            findTheLeak(pool) shouldContain "from 'of the sample' at dev.leasehold.memory.samples.DiagnosticsSamplesKt"
            LeakDetection.sampleEvery = every
            pool.close()
        }
    }

    private fun Throwable.shownCalls(type: Class<out Throwable>): List<String> {
        javaClass shouldBe type
        return suppressed.map { it.toString().substringBefore(" thread") }
    }

    private fun onThreadView(take: () -> MemorySegment): MemorySegment {
        val taken = ConcurrentLinkedQueue<MemorySegment>()
        onThread("taker") { taken.add(take()) }
        return taken.remove()
    }

    private fun lookAtViewOfLost(pool: MemoryPool) {
        val view = pool.rent(100).asMemorySegment().also { it.fill(7) }.asSlice(10)
        repeat(20) {
            System.gc()
            Thread.sleep(5)
        }
        pool.stats().leases shouldBe 1
        lostFrom("viewed") shouldBe emptyList()
        view.get(JAVA_BYTE, 5) shouldBe 7
        view.scope().isAlive shouldBe true
        reachabilityFence(view)
    }
}

/** Prints of how many one is watched at the start of a process, with the argument `unset` as if none had said it. */
internal object SampleEveryMain {
    @JvmStatic
    fun main(args: Array<String>) {
        if ("unset" in args) System.clearProperty("dev.leasehold.memory.sampleEvery")
        println(LeakDetection.sampleEvery)
    }
}

private object Adapter {
    fun rent(pool: MemoryPool): Lease = pool.rent(10)
}

private fun lose(pool: MemoryPool) {
    pool.rent(77).asMemorySegment().fill(1)
    val shared: SharedLease = pool.rentShared(78)
    shared.withSegment { it.setByte(0, 1) }
}
