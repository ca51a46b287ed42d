package dev.leasehold.memory.model.typed

import dev.leasehold.memory.contract.typed.TestObjects
import dev.leasehold.memory.contract.typed.TestWords
import dev.leasehold.memory.contract.typed.TurnTaken
import dev.leasehold.memory.internal.typed.WordSlots
import dev.leasehold.testing.Effort
import dev.leasehold.testing.Lincheck.modelChecking
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.IntGen
import org.jetbrains.lincheck.datastructures.Operation
import org.jetbrains.lincheck.datastructures.Param
import org.jetbrains.lincheck.datastructures.Validate
import java.util.concurrent.atomic.AtomicLong

// One slot without growth, eight at most, and rounds in which nothing has to be cleared: few places to stop at.

private open class SmallWords : TestWords(inlineCapacity = 1, firstRound = 8, mostShift = 3)

private open class SmallObjects : TestObjects(inlineCapacity = 1, firstRound = 8, mostShift = 3)

/** What a small buffer does, whatever its elements are. */
internal interface Pushed {
    fun push(value: Long)
    fun drain(): List<Any?>
    fun shrink()
    val size: Int
}

internal class PushedWords(private val words: TestWords) : Pushed {
    override val size: Int get() = words.claimed

    // One of the values is the one that lies elsewhere.
    override fun push(value: Long): Unit = words.pushBits(if (value < 3) WordSlots.KEY else value)

    override fun drain(): List<Long> = words.drained()

    override fun shrink(): Unit = words.shrinkNow()
}

internal class PushedObjects(private val objects: TestObjects) : Pushed {
    override val size: Int get() = objects.claimed

    override fun push(value: Long): Unit = objects.pushObject(value)

    override fun drain(): List<Any?> = objects.drained()

    override fun shrink(): Unit = objects.shrinkNow()
}

/** Pushers beside one that drains: each result is what it would be if all went one after the other. */
abstract class PushedOperations internal constructor(private val pushed: Pushed) {
    @Operation
    fun push(@Param(gen = IntGen::class, conf = "1:9") value: Int): Unit = pushed.push(value.toLong())

    @Operation(nonParallelGroup = "drainer")
    fun drain(): List<Any?> = pushed.drain()

    @Operation(nonParallelGroup = "drainer")
    fun shrink(): Unit = pushed.shrink()

    @Operation
    fun size(): Int = pushed.size
}

class ShippedWords : PushedOperations(PushedWords(SmallWords()))

class ShippedObjects : PushedOperations(PushedObjects(SmallObjects()))

/** The twin whose drain does not wait. */
class HastyWords :
    PushedOperations(
        PushedWords(
            object : SmallWords() {
                override fun awaitWords(slots: LongArray, from: Int, until: Int) = Unit
            },
        ),
    )

/** The same with objects. */
class HastyObjects :
    PushedOperations(
        PushedObjects(
            object : SmallObjects() {
                override fun awaitObjects(slots: Array<Any?>, from: Int, until: Int) = Unit
            },
        ),
    )

/** The twin that reads the word, and then writes it. */
class TornClaims :
    PushedOperations(
        PushedWords(
            object : SmallWords() {
                override fun claim(): Long {
                    val seen = seenWord
                    swapWord(seen + 1)
                    return seen
                }
            },
        ),
    )

/** The twin that does not look whether the word is still what it was. */
class ForgetfulWords :
    PushedOperations(
        PushedWords(
            object : SmallWords() {
                override fun replaceWord(seen: Long, next: Long): Boolean {
                    swapWord(next)
                    return true
                }
            },
        ),
    )

/** Two that drain and shrink beside pushers: what one has, the other does not get. */
abstract class DrainerOperations internal constructor(private val words: TestWords) {
    private val next = AtomicLong()
    private val seen = AtomicLong()

    @Operation
    fun push() {
        words.pushBits(next.getAndIncrement())
    }

    @Operation
    fun drain() {
        try {
            words.drained().forEach(::saw)
        } catch (_: TurnTaken) {
            return
        }
    }

    @Operation
    fun shrink() {
        try {
            words.shrinkNow()
        } catch (_: TurnTaken) {
            return
        }
    }

    private fun saw(value: Long) {
        val bit = 1L shl value.toInt()
        check(seen.getAndUpdate { it or bit } and bit == 0L) { "$value came twice" }
    }

    @Validate
    fun nothingIsLost() {
        words.drained().forEach(::saw)
        check(seen.get().countOneBits().toLong() == next.get()) { "of ${next.get()} came ${seen.get().toString(2)}" }
    }
}

class ShippedDrainers : DrainerOperations(SmallWords())

/** The twin that lets everybody have the turn. */
class CrowdedDrainers :
    DrainerOperations(
        object : SmallWords() {
            override fun takeTurn(): Boolean = true
        },
    )

class SmallBufferLincheckSpec : FunSpec({
    fun options(invocations: Int) = modelChecking()
        .iterations(Effort.times(3))
        .invocationsPerIteration(Effort.times(invocations))
        .threads(3)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(1)

    test("every interleaving of pushers and a drainer is as if they came one after the other") {
        options(100).check(ShippedWords::class)
    }

    test("so it is for objects") {
        options(80).check(ShippedObjects::class)
    }

    test("two that drain at once never get the same, and nothing is lost") {
        options(60).check(ShippedDrainers::class)
    }

    val twins = listOf(
        HastyWords::class,
        HastyObjects::class,
        TornClaims::class,
        ForgetfulWords::class,
        CrowdedDrainers::class,
    )
    for (twin in twins) {
        test("${twin.simpleName} is found") {
            shouldThrow<LincheckAssertionError> {
                options(1000).iterations(40).minimizeFailedScenario(false).check(twin)
            }
        }
    }
})
