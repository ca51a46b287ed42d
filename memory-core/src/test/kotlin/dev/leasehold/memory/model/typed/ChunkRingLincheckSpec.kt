package dev.leasehold.memory.model.typed

import dev.leasehold.memory.internal.typed.ChunkPositions
import dev.leasehold.testing.Effort
import dev.leasehold.testing.Lincheck.modelChecking
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.Operation
import kotlin.reflect.KClass

private const val CAPACITY = 32L
private const val PLACE = 8L

/** The shipped positions of a ring of four places, over words that the model checker sees. */
private open class ShippedPositions : ChunkPositions(CAPACITY, PLACE) {
    private val words = ArrayWords((dataOffset / Long.SIZE_BYTES).toInt())

    override fun get(index: Long): Long = words.get(index)

    override fun set(index: Long, value: Long): Unit = words.set(index, value)

    override fun compareAndSet(index: Long, seen: Long, next: Long): Boolean = words.compareAndSet(index, seen, next)
}

/** The twin that writes a word without a look at what is there by now. */
private class ForgetfulPositions : ShippedPositions() {
    override fun replace(index: Long, seen: Long, next: Long): Boolean {
        super.replace(index, seen, next)
        return true
    }
}

/** The twin that takes a header of the round before for one of this round. */
private class RoundBlindPositions : ShippedPositions() {
    override fun stateAt(at: Long, header: Long): Int = (header and 3).toInt()
}

/** What two writers and two readers do, each a step at a time, so that the others can come in between. */
interface ChunkSteps {
    fun claim(writer: Int, span: Long): Long

    fun commit(writer: Int): Boolean

    fun abandon(writer: Int): Boolean

    fun take(reader: Int, most: Int): Long

    fun free(reader: Int): Boolean

    fun putBack(reader: Int): Boolean

    fun close(): Boolean

    fun isOver(): Boolean
}

/** What each of them has in hand. */
private class Hand {
    var at = -1L
    var span = 0L
    var count = 0
}

private const val NO_HAND = -9L

/** The steps on the ring itself, with a cell for each place that is written and read as the bytes of a chunk are. */
internal class RealSteps(private val ring: ChunkPositions) : ChunkSteps {
    private val writers = List(2) { Hand() }
    private val readers = List(2) { Hand() }
    private val bytes = LongArray((CAPACITY / PLACE).toInt())

    override fun claim(writer: Int, span: Long): Long {
        val hand = writers[writer]
        if (hand.at >= 0) return NO_HAND
        hand.at = ring.claim(span)
        hand.span = span
        if (hand.at >= 0) fill(hand.at, span, hand.at)
        return hand.at
    }

    override fun commit(writer: Int): Boolean = written(writer) { at, span -> ring.commit(at, span) }

    override fun abandon(writer: Int): Boolean = written(writer) { at, span -> ring.abandon(at, span) }

    private fun written(writer: Int, end: (at: Long, span: Long) -> Unit): Boolean {
        val hand = writers[writer]
        if (hand.at < 0) return false
        requireBytes(hand.at, hand.span)
        end(hand.at, hand.span)
        hand.at = -1
        return true
    }

    override fun take(reader: Int, most: Int): Long {
        val hand = readers[reader]
        if (hand.at >= 0) return NO_HAND
        val taken = ring.take(most)
        if (taken < 0) return taken
        hand.at = ChunkPositions.firstOf(taken)
        hand.count = ChunkPositions.countOf(taken)
        requireRun(hand)
        return taken
    }

    override fun free(reader: Int): Boolean = withRun(reader) { hand ->
        val end = requireRun(hand)
        ring.free(hand.at, end)
        true
    }

    override fun putBack(reader: Int): Boolean = withRun(reader) { ring.putBack(it.at, ring.endOf(it.at, it.count)) }

    private fun withRun(reader: Int, step: (Hand) -> Boolean): Boolean {
        val hand = readers[reader]
        if (hand.at < 0 || !step(hand)) return false
        hand.at = -1
        return true
    }

    override fun close(): Boolean = ring.close()

    override fun isOver(): Boolean = ring.isOver()

    private fun requireRun(hand: Hand): Long {
        var at = hand.at
        repeat(hand.count) {
            val span = ring.sizeAt(at)
            requireBytes(at, span)
            at += span
        }
        return at
    }

    private fun fill(at: Long, span: Long, value: Long) {
        for (place in at until at + span step PLACE) bytes[ring.offsetOf(place).toInt() / PLACE.toInt()] = value
    }

    private fun requireBytes(at: Long, span: Long) {
        for (place in at until at + span step PLACE) {
            val found = bytes[ring.offsetOf(place).toInt() / PLACE.toInt()]
            check(found == at) { "the chunk at $at was overwritten by the one at $found" }
        }
    }
}

/** The steps on the model. */
internal class ModelSteps : ChunkSteps {
    private val ring = SequentialChunks(CAPACITY)
    private val writers = List(2) { Hand() }
    private val readers = List(2) { Hand() }

    override fun claim(writer: Int, span: Long): Long {
        val hand = writers[writer]
        if (hand.at >= 0) return NO_HAND
        hand.at = ring.claim(span)
        return hand.at
    }

    override fun commit(writer: Int): Boolean = written(writer, ring::commit)

    override fun abandon(writer: Int): Boolean = written(writer, ring::abandon)

    private fun written(writer: Int, end: (Long) -> Unit): Boolean {
        val hand = writers[writer]
        if (hand.at < 0) return false
        end(hand.at)
        hand.at = -1
        return true
    }

    override fun take(reader: Int, most: Int): Long {
        val hand = readers[reader]
        if (hand.at >= 0) return NO_HAND
        val taken = ring.take(most)
        if (taken < 0) return taken
        hand.at = taken and -8
        hand.count = (taken and 7).toInt() + 1
        return taken
    }

    override fun free(reader: Int): Boolean = withRun(reader) {
        ring.free(it.at, it.count)
        true
    }

    override fun putBack(reader: Int): Boolean = withRun(reader) { ring.putBack(it.at, it.count) }

    private fun withRun(reader: Int, step: (Hand) -> Boolean): Boolean {
        val hand = readers[reader]
        if (hand.at < 0 || !step(hand)) return false
        hand.at = -1
        return true
    }

    override fun close(): Boolean = ring.close()

    override fun isOver(): Boolean = ring.isOver()
}

/** The steps of each writer and each reader follow one another; those of different ones meet. */
abstract class ChunkOperations(private val steps: ChunkSteps) {
    // A round is over, and its headers are still there: of chunks that can be read, and of such that are free.
    init {
        repeat(2) {
            repeat(2) { check(steps.claim(0, PLACE) >= 0 && steps.commit(0)) }
            check(steps.take(1, 2) >= 0 && steps.free(1))
        }
    }

    @Operation(nonParallelGroup = "first writer")
    fun claimShort(): Long = steps.claim(0, PLACE)

    @Operation(nonParallelGroup = "first writer")
    fun commitFirst(): Boolean = steps.commit(0)

    @Operation(nonParallelGroup = "first writer")
    fun abandonFirst(): Boolean = steps.abandon(0)

    @Operation(nonParallelGroup = "second writer")
    fun claimLong(): Long = steps.claim(1, 2 * PLACE)

    @Operation(nonParallelGroup = "second writer")
    fun commitSecond(): Boolean = steps.commit(1)

    @Operation(nonParallelGroup = "first reader")
    fun takeOne(): Long = steps.take(0, 1)

    @Operation(nonParallelGroup = "first reader")
    fun freeFirst(): Boolean = steps.free(0)

    @Operation(nonParallelGroup = "second reader")
    fun takeTwo(): Long = steps.take(1, 2)

    @Operation(nonParallelGroup = "second reader")
    fun freeSecond(): Boolean = steps.free(1)

    @Operation(nonParallelGroup = "second reader")
    fun putBackSecond(): Boolean = steps.putBack(1)

    @Operation(nonParallelGroup = "first writer")
    fun close(): Boolean = steps.close()

    @Operation(nonParallelGroup = "first reader")
    fun isOver(): Boolean = steps.isOver()
}

class ShippedChunks : ChunkOperations(RealSteps(ShippedPositions()))

class ForgetfulChunks : ChunkOperations(RealSteps(ForgetfulPositions()))

class RoundBlindChunks : ChunkOperations(RealSteps(RoundBlindPositions()))

/** What they are held to. */
class ModelChunks : ChunkOperations(ModelSteps())

class ChunkRingLincheckSpec : FunSpec({
    fun options() = modelChecking()
        .iterations(Effort.times(8))
        .invocationsPerIteration(Effort.times(150))
        .threads(3)
        .actorsPerThread(3)
        .actorsBefore(3)
        .actorsAfter(1)
        .sequentialSpecification(ModelChunks::class.java)

    fun shouldBeFound(twin: KClass<*>) {
        shouldThrow<LincheckAssertionError> {
            options().threads(2).iterations(200).invocationsPerIteration(100).minimizeFailedScenario(false).check(twin)
        }
    }

    test("claims, commits and reads do what they would do one after the other, and none waits for another") {
        options().checkObstructionFreedom(true).check(ShippedChunks::class)
    }

    test("a ring that forgets to compare is found") {
        shouldBeFound(ForgetfulChunks::class)
    }

    test("a ring that takes the last round's header for this round's is found") {
        shouldBeFound(RoundBlindChunks::class)
    }
})
