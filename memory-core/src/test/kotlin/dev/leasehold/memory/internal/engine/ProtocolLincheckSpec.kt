package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.PackedBlock
import dev.leasehold.memory.internal.cache.ThreadCache
import dev.leasehold.memory.internal.epoch.Epoch
import dev.leasehold.memory.internal.epoch.EpochLedger
import dev.leasehold.memory.internal.platform.Platform
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions
import org.jetbrains.lincheck.datastructures.Operation
import org.jetbrains.lincheck.datastructures.Validate
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong

/** Leases of one epoch begin and end while it is sealed; it must be handed on for retirement exactly once. */
class EpochOperations {
    private val completions = AtomicInteger()
    private val open = AtomicInteger()
    private val sealed = AtomicInteger()
    private val tickets = AtomicInteger()
    private val epoch = Epoch(LEDGER, null, exact = false, tickets = 64) { completions.incrementAndGet() }

    @Operation
    fun leaseAndClose() {
        if (!epoch.tryGrant(2)) return
        open.incrementAndGet()
        epoch.giveUp(1)
        epoch.deposit(noteOf(tickets.getAndIncrement()))
        open.decrementAndGet()
    }

    @Operation
    fun seal() {
        if (sealed.compareAndSet(0, 1)) epoch.seal()
    }

    @Validate
    fun handedOnOnce() {
        val expected = sealed.get()
        check(open.get() == 0)
        check(completions.get() == expected) { "sealed $expected times and handed on ${completions.get()} times" }
    }

    internal companion object {
        internal val LEDGER = EpochLedger("pool", "pool", Platform.current, 1, 64, exact = false, NoKeeper)
    }
}

private fun noteOf(ticket: Int) = Magazine(1).apply { push(PackedBlock.pack(64, PackedBlock.word(0, ticket))) }

/** Closes of one lease race, and each of them is reported: the epoch counts one. */
class TwiceReportedOperations {
    private val completions = AtomicInteger()
    private val epoch = Epoch(EpochOperations.LEDGER, null, exact = false, tickets = 64) {
        completions.incrementAndGet()
    }

    init {
        check(epoch.tryGrant(2))
        epoch.seal()
    }

    @Operation
    fun closeFirst(): Unit = epoch.deposit(noteOf(0))

    @Operation
    fun closeSecond(): Unit = epoch.deposit(noteOf(1))

    @Operation
    fun closeBoth(): Unit = epoch.deposit(
        Magazine(3).apply {
            push(PackedBlock.pack(64, PackedBlock.word(0, 0)))
            push(PackedBlock.pack(64, PackedBlock.word(0, 1)))
            push(PackedBlock.pack(64, PackedBlock.word(0, 0)))
        },
    )

    @Validate
    fun handedOnAtMostOnce() {
        val notes = generateSequence { epoch.withdraw() }.sumOf { it.count }
        check(notes <= 2) { "$notes blocks came back of two" }
        check(completions.get() == notes / 2) { "$notes blocks are back, handed on ${completions.get()} times" }
    }
}

private object NoKeeper : EpochLedger.Keeper {
    override fun note(epoch: Epoch, packed: Long, size: Long) = Unit

    override fun reportedTwice(packed: Long) = Unit

    override fun recycle(note: Magazine) = Unit

    override fun recycled() = Unit

    override fun settle() = Unit
}

/** The twin that settles in two steps. */
class BrokenEpochOperations {
    private val balance = AtomicLong()
    private val sealed = AtomicInteger()
    private val completions = AtomicInteger()

    private fun completeIfDone() {
        if (sealed.get() == 1 && balance.get() == 0L) completions.incrementAndGet()
    }

    @Operation
    fun leaseAndClose() {
        if (sealed.get() == 1) return
        balance.incrementAndGet()
        balance.decrementAndGet()
        completeIfDone()
    }

    @Operation
    fun seal() {
        if (sealed.compareAndSet(0, 1)) completeIfDone()
    }

    @Validate
    fun handedOnOnce() {
        check(completions.get() == sealed.get()) { "handed on ${completions.get()} times" }
    }
}

/**
 * The protocol between the owner of a cache and a revoker, as [ThreadCache] tells it. Lincheck's memory is
 * sequentially consistent, so
 * the fence is nothing here, and what is looked for is whether the order of steps is right.
 */
abstract class RevocationOperations(private val waits: Boolean) {
    @Volatile private var revoked = false

    @Volatile private var busy = 0
    private var top = 2
    private val stack = intArrayOf(0, 1)
    private val held = AtomicInteger()

    private fun hold(block: Int) {
        while (true) {
            val seen = held.get()
            check(seen and (1 shl block) == 0) { "block $block has two holders" }
            if (held.compareAndSet(seen, seen or (1 shl block))) return
        }
    }

    @Operation(nonParallelGroup = "owner")
    fun take() {
        busy = 1
        var block = -1
        if (!revoked) {
            val seen = top
            if (seen > 0) {
                top = seen - 1
                block = stack[seen - 1]
            }
        }
        busy = 0
        if (block >= 0) hold(block)
    }

    @Operation(nonParallelGroup = "revoker")
    fun drain() {
        revoked = true
        if (waits) while (busy != 0) Thread.onSpinWait()
        while (top > 0) hold(stack[--top])
        revoked = false
    }
}

class ThreadCacheProtocol : RevocationOperations(waits = true)

class ImpatientProtocol : RevocationOperations(waits = false)

class ProtocolLincheckSpec : FunSpec({
    fun options() = ModelCheckingOptions()
        .iterations(15)
        .invocationsPerIteration(500)
        .threads(2)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(0)

    test("an epoch is handed on exactly once, whoever brings it to its end") { options().check(EpochOperations::class) }

    test("a lease that racing closes report twice comes back once") {
        options().iterations(8).actorsBefore(0).check(TwiceReportedOperations::class)
    }

    test("an epoch that settles in two steps is found") {
        shouldThrow<LincheckAssertionError> { options().check(BrokenEpochOperations::class) }
    }

    test("a revoker that waits for the busy owner shares no block with it") {
        options().check(ThreadCacheProtocol::class)
    }

    test("a revoker that does not wait is found") {
        shouldThrow<LincheckAssertionError> { options().check(ImpatientProtocol::class) }
    }
})
