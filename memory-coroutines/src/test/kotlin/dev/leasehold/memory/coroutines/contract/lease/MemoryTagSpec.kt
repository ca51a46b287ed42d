package dev.leasehold.memory.coroutines.contract.lease

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.coroutines.MemoryTag
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.memoryScope
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.diagnostics.LeakDetection
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.testing.await
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExecutorCoroutineDispatcher
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import java.util.concurrent.Executors

/** The name that reports give to what a coroutine takes goes with it, and stays nowhere. */
class MemoryTagSpec : FunSpec() {
    private val memory = MemoryPool.isolated("tagged") { traceSites = true }
    private val pool = SuspendingPool(memory, 1000)

    /** The tags of what is out, by size. */
    private fun taken(): Map<Long, String?> = LeakDetection.dump().of("tagged")
        .associate { it.bytes to it.tag }

    /** The tag of what is taken here. */
    private fun tagHere(): String? = memory.rent(1).use { taken().getValue(1) }

    private fun singleThread(): ExecutorCoroutineDispatcher =
        Executors.newSingleThreadExecutor().asCoroutineDispatcher()

    init {
        afterSpec {
            pool.close()
            memory.close()
        }

        test("all that a coroutine and its children take has its tag, on whatever thread and in whatever way") {
            withContext(MemoryTag("import")) {
                tagHere() shouldBe "import"
                withContext(Dispatchers.IO) { tagHere() } shouldBe "import"
                async(Dispatchers.Default) { tagHere() }.await() shouldBe "import"
                pool.withLease(10) { taken() } shouldBe mapOf(10L to "import")
                memoryScope(pool) {
                    rent(20)
                    memory.rentShared(30).use { taken() } shouldBe mapOf(20L to "import", 30L to "import")
                }
            }
            tagHere() shouldBe null
        }

        test("of two tags the inner counts, be it a coroutine's or a block's") {
            withContext(MemoryTag("outer")) {
                LeakDetection.tagged("block") { tagHere() } shouldBe "block"
                withContext(MemoryTag("inner")) { tagHere() } shouldBe "inner"
                LeakDetection.tagged("block") { runBlocking(MemoryTag("inmost")) { tagHere() } } shouldBe "inmost"
                // The same name is another block all the same.
                LeakDetection.tagged("outer") { runBlocking { tagHere() } } shouldBe "outer"
                tagHere() shouldBe "outer"
            }
            LeakDetection.tagged("block") { runBlocking { tagHere() } } shouldBe "block"
        }

        test("a tag does not stay on a thread when its coroutine is suspended, and comes back with it") {
            singleThread().use { thread ->
                withContext(thread) {
                    val tagged = launch(MemoryTag("import")) {
                        repeat(3) {
                            tagHere() shouldBe "import"
                            yield()
                        }
                    }
                    repeat(3) {
                        tagHere() shouldBe null
                        yield()
                    }
                    tagged.join()
                    tagHere() shouldBe null
                }
            }
        }

        test("a lease that was waited for has the tag of the coroutine that asked, whichever thread gave it") {
            val all = pool.rent(1000)
            val waiting = launch(Dispatchers.Default + MemoryTag("late")) {
                pool.withLease(40) { taken() shouldBe mapOf(40L to "late") }
            }
            await("it waits") { pool.stats().waiters == 1 }
            LeakDetection.tagged("giver") { all.close() }
            waiting.join()
        }
    }
}
