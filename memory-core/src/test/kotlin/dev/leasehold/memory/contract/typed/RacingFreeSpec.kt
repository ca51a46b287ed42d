package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.internal.typed.racingFree
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.support.together
import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_LONG
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicReference

class RacingFreeSpec : FunSpec({
    val cut = IllegalStateException("Already closed")

    test("what is not cut off gives its result, and an interrupt that comes meanwhile stays") {
        onThread {
            racingFree({ 5 }) { error("it was not cut off") } shouldBe 5
            Thread.interrupted() shouldBe false
            racingFree({ Thread.currentThread().interrupt() }) { error("it was not cut off") }
            Thread.interrupted() shouldBe true
        }
    }

    test("the interrupt status that comes with a cut goes") {
        onThread {
            val gone = racingFree({
                Thread.currentThread().interrupt()
                throw cut
            }) { it }
            gone shouldBe cut
            Thread.interrupted() shouldBe false
        }
    }

    test("a thread that was interrupted before a cut still is") {
        onThread {
            Thread.currentThread().interrupt()
            racingFree({ throw cut }) {}
            Thread.interrupted() shouldBe true
        }
    }

    test("other failures pass") {
        shouldThrow<IndexOutOfBoundsException> { racingFree({ throw IndexOutOfBoundsException() }) {} }
    }

    test("threads that read while arenas are closed are cut off, and never interrupted") {
        var arena = Arena.ofShared()
        val memory = AtomicReference(arena.allocate(8))
        val cuts = AtomicInteger()
        val left = AtomicInteger(Effort.times(3000))
        together(3) { worker ->
            while (left.get() > 0) {
                if (worker > 0) {
                    racingFree({ sum(memory.get()) }) { cuts.incrementAndGet() }
                    check(!Thread.interrupted()) { "interrupted by nobody" }
                } else {
                    val old = arena
                    arena = Arena.ofShared()
                    memory.set(arena.allocate(8))
                    old.close()
                    left.decrementAndGet()
                }
            }
        }
        arena.close()
        cuts.get() shouldBeGreaterThan 0
    }
})

// Long enough to be met by a close.
private fun sum(memory: MemorySegment): Long {
    var sum = 0L
    repeat(1000) { sum += memory.get(JAVA_LONG, 0) }
    return sum
}
