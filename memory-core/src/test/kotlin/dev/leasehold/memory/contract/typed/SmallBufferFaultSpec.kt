package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.internal.typed.BlockSlots
import dev.leasehold.memory.internal.typed.FIRST_ROUND
import dev.leasehold.memory.internal.typed.LAST_ROUND
import dev.leasehold.memory.internal.typed.WordSlots
import dev.leasehold.memory.internal.typed.levelOf
import dev.leasehold.memory.internal.typed.roundOf
import dev.leasehold.memory.internal.typed.wordOf
import dev.leasehold.memory.support.ScriptedPlatform
import dev.leasehold.memory.support.together
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.SmallBufferFullException
import dev.leasehold.memory.typed.SmallStructBuffer
import dev.leasehold.memory.typed.smallBufferFull
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.lang.foreign.ValueLayout.JAVA_LONG
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger

/** What small buffers do when growth fails, when the numbers of rounds begin again, and when they are full. */
class SmallBufferFaultSpec : FunSpec() {
    /** The heap has no room for the chunks that [refuses] names by the number of the call. */
    private class FullHeap(val refuses: (Int) -> Boolean) : TestWords(2) {
        private val calls = AtomicInteger()
        private val full = OutOfMemoryError("scripted")

        override fun newWords(count: Int): LongArray {
            if (refuses(calls.incrementAndGet())) throw full
            return super.newWords(count)
        }
    }

    /** What a small buffer of structs is made of. */
    private open class TestBlocks(manager: MemoryManager) : BlockSlots(Long.SIZE_BYTES.toLong(), 8, 1, manager) {
        fun push(value: Long): Unit = publish(claimSlot().also { fill(it, value) }, written = true)

        fun fill(claim: Long, value: Long): Unit = chunkAt(claim).raw.set(JAVA_LONG, offsetAt(claim), value)

        fun drained(): List<Long> {
            val list = ArrayList<Long>()
            beginDrain()
            try {
                while (nextPart()) {
                    for (slot in cursor.from..<cursor.until) list.add(drained.raw.get(JAVA_LONG, slot * slotBytes))
                }
            } finally {
                endDrain()
            }
            return list
        }

        override fun refuseClosed(verb: String): Nothing = error("closed")

        override fun refuseTurn(verb: String): Nothing = error("busy")

        override fun refuseFull(): Nothing = error("full")
    }

    /** The twin that forgets to clear. */
    private class Forgetful(manager: MemoryManager) : TestBlocks(manager) {
        override fun clearStamps(parity: Int): Unit = Unit
    }

    /** Lets a drain end between a close's look at what there is to do and its turn. */
    private class EndOfDrain(manager: MemoryManager) : TestBlocks(manager) {
        private var isFirst = true

        override fun takeTurn(): Boolean {
            if (isFirst) {
                isFirst = false
                endTurn()
            }
            return super.takeTurn()
        }

        fun close() = shut()
    }

    init {
        test("a close and the end of a drain free the memory once, in whatever order they come") {
            SystemMemoryManager("ending").use { manager ->
                val blocks = EndOfDrain(manager)
                manager.stats().blocks shouldBe 1
                blocks.close()
                manager.stats().blocks shouldBe 0
            }
        }

        test("a push that finds no heap throws and changes nothing, and later ones and the drain go on") {
            for (nth in 1..4) {
                val words = FullHeap { it == nth }
                val pushed = ArrayList<Long>()
                for (value in 1L..20) {
                    val before = words.claimed
                    try {
                        words.pushBits(value)
                        pushed.add(value)
                    } catch (full: OutOfMemoryError) {
                        full.message shouldBe "scripted"
                        words.claimed shouldBe before
                    }
                }
                pushed.size shouldBe 19
                words.drained() shouldBe pushed
                words.drained() shouldBe emptyList()
            }
        }

        test("racing pushers that are refused lose nothing, and no drain waits for them") {
            val calls = AtomicInteger()
            val words = FullHeap { calls.incrementAndGet() % 3 != 0 }
            val pushed = AtomicInteger()
            val refused = AtomicInteger()
            val drained = HashSet<Long>()
            together(4) { worker ->
                if (worker == 3) {
                    while (pushed.get() + refused.get() < 60_000) {
                        words.drained().forEach { check(drained.add(it)) { "$it came twice" } }
                        if (pushed.get() % 7 == 0) words.shrinkNow()
                    }
                } else {
                    repeat(20_000) {
                        try {
                            words.pushBits((worker.toLong() shl 32) or it.toLong())
                            pushed.incrementAndGet()
                        } catch (_: OutOfMemoryError) {
                            refused.incrementAndGet()
                        }
                    }
                }
            }
            words.drained().forEach { check(drained.add(it)) { "$it came twice" } }
            drained.size shouldBe pushed.get()
            refused.get() shouldBeGreaterThan 0
        }

        test("any number of refused pushes leave the word as it was") {
            val words = FullHeap { it <= 5_000_000 }
            words.pushBits(1)
            words.pushBits(2)
            // More than are forgotten at once.
            repeat(3 shl 20) {
                try {
                    words.pushBits(3)
                    error("it had room")
                } catch (_: OutOfMemoryError) {
                    return@repeat
                }
            }
            words.claimed shouldBe 2
            levelOf(words.seenWord) shouldBe 0
            words.drained() shouldBe listOf(1L, 2L)
        }

        test("a buffer that is full says so") {
            val words = object : TestWords(1) {
                override fun refuseFull(): Nothing = throw smallBufferFull("a SmallBuffer")
            }
            words.replaceWord(words.seenWord, wordOf(FIRST_ROUND, 30, 1 shl 30)) shouldBe true
            words.claimed shouldBe (1 shl 30)
            shouldThrow<SmallBufferFullException> { words.pushBits(1) }.message shouldBe
                "a SmallBuffer has 1,073,741,824 elements, the most it can have: drain it sooner"
            words.claimed shouldBe (1 shl 30)
        }

        test("a buffer that is full takes again what fits when it is drained") {
            val words = TestWords(2, mostShift = 4)
            repeat(3) {
                for (value in 1L..16) words.pushBits(value)
                repeat(3) { shouldThrow<IllegalStateException> { words.pushBits(17) }.message shouldBe "full" }
                words.drained() shouldBe (1L..16).toList()
            }
        }

        test("when the numbers of rounds begin again, no old stamp is taken for a new one") {
            drainsEarly(::TestBlocks) shouldBe false
        }

        test("a twin that does not clear the stamps takes an old one for a new one") {
            drainsEarly(::Forgetful) shouldBe true
        }

        test("the one number that a slot cannot hold comes in its turn all the same") {
            val key = WordSlots.KEY
            val words = TestWords(2)
            repeat(4) { round ->
                val values = List(21) { if (it % 5 == round) key else it.toLong() } + key
                values.forEach(words::pushBits)
                words.drained(if (round == 2) 3 else 100) shouldBe values.take(if (round == 2) 3 else 100)
            }
            words.drained() shouldBe emptyList()
            FullHeap { true }.run {
                repeat(2) { pushBits(key) }
                shouldThrow<OutOfMemoryError> { pushBits(key) }
                drained() shouldBe listOf(key, key)
            }
        }

        test("a drain waits for a pusher that has not announced that number, and counts all of them") {
            val words = TestWords(1)
            val each = 20_000
            var seen = 0
            together(3) { worker ->
                if (worker < 2) {
                    repeat(each) { words.pushBits(WordSlots.KEY) }
                } else {
                    while (seen < 2 * each) {
                        words.drained().forEach {
                            check(it == WordSlots.KEY) { it }
                            seen++
                        }
                    }
                }
            }
            words.drained() shouldBe emptyList()
        }

        test("rounds go on past the last number, for both sets and grown chunks") {
            val words = TestWords(1, LAST_ROUND - 2)
            repeat(12) { round ->
                val values = List(9) { round * 100L + it }
                values.forEach(words::pushBits)
                words.drained() shouldBe values
            }
            roundOf(words.seenWord) shouldBe FIRST_ROUND + 12 - 3
        }

        test("growth that a budget refuses leaves the elements, and succeeds when there is room again") {
            MemoryBudget("small", limit = 1L shl 20).use { small ->
                SystemMemoryManager("structs") { budget = small }.use { manager ->
                    SmallStructBuffer(ElementType.LONG, 1024, manager).use { buffer ->
                        var pushed = 0L
                        val refusal = shouldThrow<BudgetExceededException> {
                            while (true) {
                                buffer.pushSegment { it.setLong(0, pushed) }
                                pushed++
                            }
                        }
                        refusal.path shouldBe "app › small"
                        val size = buffer.size
                        size shouldBe pushed
                        repeat(100) { shouldThrow<MemoryExhaustedException> { buffer.pushSegment { } } }
                        buffer.size shouldBe size
                        small.limit = 8L shl 20
                        buffer.pushSegment { it.setLong(0, pushed) }
                        pushed++
                        var next = 0L
                        buffer.drainSegments { it.getLong(0) shouldBe next++ }
                        next shouldBe pushed
                        buffer.shrink()
                    }
                    manager.stats().blocks shouldBe 0
                }
            }
        }

        test("whichever call the system refuses, a push succeeds or changes nothing") {
            for (nth in 1..12) {
                val platform = ScriptedPlatform()
                val options = ManagerOptions().apply { idleBound = 0 }
                val manager = SystemMemoryManager.make("faults", options, platform)
                val buffer = SmallStructBuffer(Wide, 4, manager)
                platform.refuseMap = { it % 13 >= nth }
                var pushed = 0L
                repeat(3000) {
                    val before = buffer.size
                    try {
                        buffer.pushSegment { it.setLong(0, pushed) }
                        pushed++
                    } catch (_: MemoryExhaustedException) {
                        buffer.size shouldBe before
                    }
                }
                var next = 0L
                buffer.drainSegments { check(it.getLong(0) == next++) }
                next shouldBe pushed
                buffer.close()
                manager.stats().blocks shouldBe 0
                manager.close()
                await("all is back") { platform.lentBytes == 0L }
            }
        }

        test("a buffer that the system refuses takes nothing") {
            val platform = ScriptedPlatform().apply { refuseMap = { true } }
            val manager = SystemMemoryManager.make("faults", ManagerOptions(), platform)
            shouldThrow<MemoryExhaustedException> { SmallStructBuffer(Wide, 4, manager) }
            manager.stats().blocks shouldBe 0
            manager.close()
            platform.lentBytes shouldBe 0
        }
    }

    private object Wide : ElementType<Wide> {
        override val byteSize: Long get() = 1000
        override val alignment: Long get() = 8
        override val layout: String get() = "wide"
    }

    /** Whether a drain is done while a pusher is still between its claim and its stamp. */
    private fun drainsEarly(make: (MemoryManager) -> TestBlocks): Boolean =
        SystemMemoryManager("structs").use { manager ->
            val blocks = make(manager)
            try {
                drainsEarly(blocks)
            } finally {
                blocks.shut()
            }
        }

    private fun drainsEarly(blocks: TestBlocks): Boolean {
        for (value in 1L..2) {
            blocks.push(value)
            blocks.drained() shouldBe listOf(value)
        }
        // As after so many drains.
        blocks.replaceWord(blocks.seenWord, wordOf(LAST_ROUND, 0, 0)) shouldBe true
        blocks.drained() shouldBe emptyList()
        roundOf(blocks.seenWord) shouldBe FIRST_ROUND
        val claim = blocks.claimSlot()
        var early = false
        val published = AtomicBoolean()
        val began = CountDownLatch(1)
        together(2) { worker ->
            if (worker == 0) {
                began.countDown()
                blocks.drained()
                early = !published.get()
            } else {
                began.await()
                Thread.sleep(100)
                blocks.fill(claim, 7)
                published.set(true)
                blocks.publish(claim, written = true)
            }
        }
        return early
    }
}
