package dev.leasehold.memory.race

import dev.leasehold.memory.internal.block.Fence
import dev.leasehold.memory.internal.cache.RefCount
import dev.leasehold.memory.model.DeafBias
import dev.leasehold.memory.model.HastyBias
import dev.leasehold.memory.model.PlayedBias
import dev.leasehold.memory.model.TestCount
import dev.leasehold.memory.support.failureOn
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.support.together
import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.lang.invoke.MethodHandles
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong

class CountRaceSpec : FunSpec({
    fun fenced(pause: Int) = PlayedBias(Fence::everyThread, firstPause = pause, longestPause = pause)

    for ((pause, strangers) in listOf(1 to 1, 1 to 3, 64 to 1, 1024 to 2)) {
        test("racing counts free each block once, with $strangers strangers and pauses of $pause blocks") {
            val race = CountRace(fenced(pause))
            race.run(Effort.times(500), strangers)
            // The bias was in play, and was given up, again and again, also for a block that was being counted.
            race.biasedBlocks shouldBeGreaterThan 50
            race.metBiased.get() shouldBeGreaterThanOrEqualTo 100
            race.scopes.get() shouldBeGreaterThan 10
        }
    }

    test("references that are given back too often end those that there are, and no scope's hold") {
        val bias = fenced(1)
        val lates = AtomicLong()
        repeat(Effort.times(300)) {
            bias.play()
            val generation = bias.generationOfNext()
            val count = TestCount(if (generation == 0) null else bias, generation)
            check(count.tryReference())
            val freed = AtomicBoolean()
            val given = AtomicInteger()
            fun end(left: Int) {
                if (left == RefCount.LAST) check(freed.compareAndSet(false, true)) { "freed twice" }
                if (left == RefCount.NONE) lates.incrementAndGet() else given.incrementAndGet()
            }
            together(3) { worker ->
                if (worker == 0) {
                    repeat(3) { end(count.releaseReference()) }
                } else {
                    repeat(20) {
                        if (!count.tryEnter()) return@repeat
                        check(!freed.get()) { "entered when it was free" }
                        if (it == 10) end(count.releaseReference())
                        check(!freed.get()) { "freed under a scope" }
                        val left = count.leaveScope()
                        check(left != RefCount.NONE) { "a scope's hold was taken" }
                        if (left == RefCount.LAST) check(freed.compareAndSet(false, true)) { "freed twice" }
                    }
                }
            }
            given.get() shouldBe 2
            freed.get() shouldBe true
            count.isOver shouldBe true
        }
        lates.get() shouldBeGreaterThan 100
    }

    test("the last scope that is left ends the count, and none is entered after the references") {
        for (plainly in listOf(true, false)) {
            val bias = PlayedBias(Fence::everyThread).apply { play() }
            val count = TestCount(if (plainly) bias else null, if (plainly) bias.generationOfNext() else 0)
            repeat(2) { count.tryEnter() shouldBe true }
            count.references shouldBe 1
            count.tryLock(1, scopes = 0) shouldBe false
            count.tryLock(1, scopes = 1) shouldBe false
            count.tryLock(1, scopes = 2) shouldBe true
            count.unlock(1, scopes = 2)
            count.releaseReference() shouldBe RefCount.MORE
            count.isOver shouldBe true
            count.references shouldBe 0
            repeat(2) { count.releaseReference() shouldBe RefCount.NONE }
            count.tryEnter() shouldBe false
            count.tryReference() shouldBe false
            count.leaveScope() shouldBe RefCount.MORE
            onThread { count.leaveScope() shouldBe RefCount.LAST }
            count.releaseReference() shouldBe RefCount.NONE
            count.isOver shouldBe true
        }
    }

    test("a bias that ends without waiting for its owner loses counts, and is found") {
        shouldThrow<AssertionError> { CountRace(HastyBias(), 1).run(30_000, 2) }.message!! shouldContain
            "a worker failed"
    }

    test("a bias that never ends loses counts, and is found") {
        shouldThrow<AssertionError> { CountRace(DeafBias(), 1).run(30_000, 2) }.message!! shouldContain
            "a worker failed"
    }

    test("a count at its most refuses one more instead of starting over, counted plainly and not") {
        for (plainly in listOf(true, false)) {
            val bias = PlayedBias(Fence::everyThread).apply { play() }
            val count = TestCount(bias, bias.generationOfNext())
            HELD.set(count, BIASED or Int.MAX_VALUE - 3L)
            if (!plainly) bias.revoke(1)
            count.tryReference() shouldBe true
            count.references shouldBe Int.MAX_VALUE - 2
            count.tryReference() shouldBe true
            repeat(3) { count.tryReference() shouldBe false }
            bias.revoke(1)
            repeat(3) { count.tryReference() shouldBe false }
            count.isOver shouldBe false
            count.releaseReference() shouldBe RefCount.MORE
            count.tryReference() shouldBe true
            count.references shouldBe Int.MAX_VALUE - 1
        }
    }

    test("pauses grow from the first to the longest, and each ends with a generation") {
        val bias = PlayedBias(fence = {}, firstPause = 2, longestPause = 8).apply { play() }
        val pauses = List(5) { round ->
            bias.generationOfNext() shouldBe round + 1
            bias.revoke(round + 1)
            generateSequence { bias.generationOfNext() }.takeWhile { it == 0 }.count() + 1
        }
        pauses shouldBe listOf(2, 4, 8, 8, 8)
    }

    test("the end of a bias is paid for once for all blocks that its owner has allocated") {
        var fences = 0
        val bias = PlayedBias(fence = { fences++ }, firstPause = 100, longestPause = 100).apply { play() }
        val counts = List(50) { TestCount(bias, bias.generationOfNext()) }
        counts.forEach { it.tryReference() shouldBe true }
        fences shouldBe 0
        val stranger = Thread.ofPlatform().start { counts.forEach { it.tryReference() } }
        stranger.join()
        fences shouldBe 1
        counts.forEach { it.references shouldBe 3 }
        counts.forEach { count ->
            val left = List(4) { count.releaseReference() }
            left.shouldContainExactly(RefCount.MORE, RefCount.MORE, RefCount.LAST, RefCount.NONE)
        }
        fences shouldBe 1
    }

    test("a fence that fails leaves the count as it was, and the next try ends the bias") {
        var broken = true
        val bias = PlayedBias(fence = { if (broken) throw OutOfMemoryError("scripted") }).apply { play() }
        val count = TestCount(bias, bias.generationOfNext())
        (other(count) is OutOfMemoryError) shouldBe true
        count.references shouldBe 1
        broken = false
        other(count) shouldBe null
        count.references shouldBe 2
        count.releaseReference() shouldBe RefCount.MORE
        count.releaseReference() shouldBe RefCount.LAST
    }

    test("a count is locked by the holder of all references, and goes on or ends with the lock") {
        for (plainly in listOf(true, false)) {
            val bias = PlayedBias(Fence::everyThread).apply { play() }
            val count = TestCount(if (plainly) bias else null, if (plainly) bias.generationOfNext() else 0)
            count.tryReference() shouldBe true
            count.tryLock(1, scopes = 0) shouldBe false
            count.tryLock(3, scopes = 0) shouldBe false
            count.tryLock(2, scopes = 0) shouldBe true
            count.isOver shouldBe false
            count.unlock(2, scopes = 0)
            count.references shouldBe 2
            count.releaseReference() shouldBe RefCount.MORE
            count.tryLock(2, scopes = 0) shouldBe false
            count.tryLock(1, scopes = 0) shouldBe true
            count.end()
            count.isOver shouldBe true
            count.references shouldBe 0
            count.tryReference() shouldBe false
            count.releaseReference() shouldBe RefCount.NONE
        }
    }

    test("a thread that meets a locked count waits, and then sees what became of it") {
        for (ends in listOf(true, false)) {
            val bias = PlayedBias(Fence::everyThread).apply { play() }
            val count = TestCount(bias, bias.generationOfNext())
            count.tryLock(1, scopes = 0) shouldBe true
            var retained: Boolean? = null
            val other = Thread.ofPlatform().start { retained = count.tryReference() }
            Thread.sleep(20)
            other.isAlive shouldBe true
            if (ends) count.end() else count.unlock(1, scopes = 0)
            other.join()
            retained shouldBe !ends
        }
    }

    test("an owner that locks one of its blocks ends the bias of that one alone") {
        var fences = 0
        val bias = PlayedBias(fence = { fences++ }).apply { play() }
        val counts = List(3) { TestCount(bias, bias.generationOfNext()) }
        counts[1].tryLock(1, scopes = 0) shouldBe true
        counts[1].unlock(1, scopes = 0)
        fences shouldBe 0
        bias.generation shouldBe 1
        counts.forEach { it.references shouldBe 1 }
        onThread { counts.forEach { check(it.tryReference()) } }
        fences shouldBe 1
        counts.forEach { it.references shouldBe 2 }
    }
})

/** What retaining [count] on another thread throws, or null. */
private fun other(count: RefCount): Throwable? = failureOn("other") {
    check(count.tryReference())
}

private val HELD = MethodHandles.privateLookupIn(RefCount::class.java, MethodHandles.lookup())
    .findVarHandle(RefCount::class.java, "held", Long::class.javaPrimitiveType)

/** The bit of the count that its owner counts plainly. */
private const val BIASED = 1L shl 62
