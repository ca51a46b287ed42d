package dev.leasehold.memory.internal.cache

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.PackedBlock
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.epoch.RetiredNotes
import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions
import org.jetbrains.lincheck.datastructures.Operation
import org.jetbrains.lincheck.datastructures.Validate
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.atomic.AtomicReference

/** Who has which of a few blocks, as bits. A block that two have at once is a fault. */
private class Hands {
    private val held = AtomicInteger()

    fun take(address: Long) {
        val bit = bit(address)
        while (true) {
            val seen = held.get()
            check(seen and bit == 0) { "the block at $address has two holders" }
            if (held.compareAndSet(seen, seen or bit)) return
        }
    }

    fun give(address: Long) {
        val bit = bit(address)
        while (true) {
            val seen = held.get()
            if (held.compareAndSet(seen, seen and bit.inv())) return
        }
    }

    val all: Int get() = held.get()

    fun bit(address: Long): Int = 1 shl (address / PackedBlock.GRAIN).toInt()
}

/** Blocks on their way from the threads that freed them to those that want some, past somebody who takes everything back. */
class RemoteFreeOperations {
    private val depot = Depot()
    private val hands = Hands()

    init {
        for (block in 1L..2L) depot.leave(0, Magazine(1).apply { push(block * PackedBlock.GRAIN) })
    }

    private fun pass(magazine: Magazine) {
        val address = magazine.pop()
        hands.take(address)
        hands.give(address)
        magazine.push(address)
        depot.leave(0, magazine)
    }

    @Operation
    fun takeAndFree() {
        depot.take(0)?.let(::pass)
    }

    @Operation
    fun takeBack() {
        generateSequence { depot.take(0) }.toList().forEach(::pass)
    }

    @Operation
    fun idleBytes() {
        check(depot.idleBytes in 0..4 * SizeClasses.sizeOf(0)) { "${depot.idleBytes} bytes are idle" }
    }

    @Validate
    fun nothingIsLost() {
        check(depot.idleBytes == 2 * SizeClasses.sizeOf(0)) { "${depot.idleBytes} bytes are idle" }
        val there = generateSequence { depot.take(0) }.toList()
        check(there.size == 2) { "${there.size} magazines are left of 2" }
        check(there.map { it.rounds[0] }.toSet().size == 2) { "one magazine is there twice" }
        there.forEach { depot.leave(0, it) }
    }
}

/** The twin that counts a magazine after others can see it. */
class LateCountingOperations {
    private class Node(val next: Node?)

    private val top = AtomicReference<Node?>()
    private val bytes = AtomicLong()

    @Operation
    fun leave() {
        while (true) {
            val seen = top.get()
            if (top.compareAndSet(seen, Node(seen))) break
        }
        bytes.addAndGet(16)
    }

    @Operation
    fun take() {
        while (true) {
            val seen = top.get() ?: return
            if (top.compareAndSet(seen, seen.next)) break
        }
        bytes.addAndGet(-16)
    }

    @Operation
    fun idleBytes() {
        check(bytes.get() >= 0) { "${bytes.get()} bytes are idle" }
    }
}

/** Blocks that have left quarantine, of two classes in one note, wanted by some and sorted by others. */
class RetiredOperations {
    private val depot = Depot()
    private val hands = Hands()
    private val engine = object : RetiredNotes.Engine {
        override fun emptyMagazine(classIndex: Int) = Magazine(4)

        override fun disposeMagazine(classIndex: Int, magazine: Magazine) = depot.leave(classIndex, magazine)

        override fun spareNote(note: Magazine) = check(note.count == 0) { "a note with blocks was thrown away" }
    }
    private var next = 1L
    private val notes = RetiredNotes(HygieneAction(zeroOnRent = false, fillOnClose = false, pattern = 0), engine)

    init {
        notes.add(note(0, 1))
        notes.add(note(0, 0))
    }

    private fun note(vararg classes: Int) = Magazine(classes.size).apply {
        for (code in classes) push(PackedBlock.pack(next++ * PackedBlock.GRAIN, PackedBlock.word(code, 0)))
    }

    @Operation
    fun takeFirst() = take(0)

    @Operation
    fun takeSecond() = take(1)

    private fun take(classIndex: Int) {
        val magazine = depot.take(classIndex) ?: notes.take(classIndex) { depot.take(classIndex) } ?: return
        while (magazine.count > 0) hands.take(magazine.pop())
    }

    @Operation
    fun sort() = notes.sortAll()

    @Validate
    fun nothingIsLost() {
        notes.awaitSorters()
        notes.sortAll()
        var there = hands.all
        for (classIndex in 0..1) {
            for (magazine in generateSequence { depot.take(classIndex) }) {
                while (magazine.count > 0) {
                    val bit = hands.bit(magazine.pop())
                    check(there and bit == 0) { "a block came out of quarantine twice" }
                    there = there or bit
                }
            }
        }
        check(Integer.bitCount(there) == 4) { "${Integer.bitCount(there)} blocks are there of 4" }
        check(notes.quarantinedOut == 3 * SizeClasses.sizeOf(0) + SizeClasses.sizeOf(1))
    }
}

class RemoteFreeLincheckSpec : FunSpec({
    fun options() = ModelCheckingOptions()
        .iterations(Effort.times(2))
        .invocationsPerIteration(Effort.times(30))
        .threads(2)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(0)

    test("blocks freed elsewhere have one holder at a time on their way, and none is lost or counted wrong") {
        options().check(RemoteFreeOperations::class)
    }

    test("a depot that counts a magazine after showing it is found") {
        shouldThrow<LincheckAssertionError> {
            options().iterations(30).actorsPerThread(3).check(LateCountingOperations::class)
        }
    }

    test("a block that has left quarantine comes out once, whoever sorts it out") {
        options().check(RetiredOperations::class)
    }
})
