package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.Pins
import dev.leasehold.memory.internal.block.Tenure
import dev.leasehold.memory.internal.budget.Account
import dev.leasehold.memory.internal.cache.Depot
import dev.leasehold.memory.internal.cache.Stripes
import dev.leasehold.memory.internal.cache.ThreadCache
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions
import org.jetbrains.lincheck.datastructures.Operation
import java.lang.foreign.MemorySegment
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicIntegerArray
import java.util.concurrent.atomic.AtomicReference

/** The depot as threads see it: a stack of magazines for each class. */
class DepotOperations {
    private val depot = Depot()

    @Operation
    fun leave(id: Long): Unit = depot.leave(0, Magazine(1).apply { push(id) })

    @Operation
    fun take(): Long? = depot.take(0)?.pop()
}

/** The twin that forgets to compare. */
class BrokenDepotOperations {
    private class Node(val id: Long, val next: Node?)

    private val top = AtomicReference<Node?>()

    @Operation
    fun leave(id: Long): Unit = top.set(Node(id, top.get()))

    @Operation
    fun take(): Long? {
        while (true) {
            val seen = top.get() ?: return null
            if (top.compareAndSet(seen, seen.next)) return seen.id
        }
    }
}

/** Chunks in and out, each held by one thread at a time. */
abstract class ChunkOperations(private val pop: () -> Int, private val push: (Int) -> Unit) {
    private val held = AtomicIntegerArray(8)

    private fun take(): Int = pop().also { if (it >= 0) hold(it) }

    private fun hold(chunk: Int) {
        check(held.compareAndSet(chunk, 0, 1)) { "chunk $chunk has two holders" }
    }

    private fun give(chunk: Int) {
        if (chunk < 0) return
        held.set(chunk, 0)
        push(chunk)
    }

    @Operation
    fun one() {
        give(take())
    }

    @Operation
    fun two() {
        val first = take()
        val second = take()
        give(first)
        give(second)
    }
}

class ChunkStackOperations private constructor(stack: ChunkStack) : ChunkOperations(stack::pop, stack::push) {
    constructor() : this(ChunkStack(3))
}

/** The twin without a tag: a chunk that went and came back looks as if nothing had happened. */
class UntaggedStack {
    private val next = AtomicIntegerArray(intArrayOf(1, 2, -1))
    private val top = AtomicInteger(0)

    fun pop(): Int {
        while (true) {
            val seen = top.get()
            if (seen < 0) return -1
            if (top.compareAndSet(seen, next.get(seen))) return seen
        }
    }

    fun push(chunk: Int) {
        while (true) {
            val seen = top.get()
            next.set(chunk, seen)
            if (top.compareAndSet(seen, chunk)) return
        }
    }
}

class UntaggedStackOperations private constructor(stack: UntaggedStack) : ChunkOperations(stack::pop, stack::push) {
    constructor() : this(UntaggedStack())
}

/** One shared lease that several threads close. */
class SharedLeaseOperations {
    private class Once : Tenure("pool", "pool", exact = true) {
        val ends = AtomicInteger()

        override fun cancel(): Unit = throw AssertionError("a lease ends, and is not cancelled")

        override fun pin(): Boolean = throw AssertionError("nobody pins here")

        override fun unpin(): Unit = throw AssertionError("nobody pins here")

        override fun end(address: Long, word: Int, size: Long) {
            if (ends.incrementAndGet() > 1) throw AssertionError("the block came back twice")
        }
    }

    private val lease = SharedLease(Once(), MemorySegment.NULL, 7)

    @Operation
    fun close(): Unit = lease.close()

    @Operation
    fun isOpenAfterClose(): Boolean {
        lease.close()
        return !lease.isClosed
    }
}

/** The twin that looks and then acts. */
class BrokenLeaseOperations {
    private val ends = AtomicInteger()

    @Volatile private var closed = false

    @Operation
    fun close() {
        if (closed) return
        closed = true
        if (ends.incrementAndGet() > 1) throw AssertionError("the block came back twice")
    }
}

/** A block that is pinned and ended: what one pins is not ended, and what has ended is not pinned. */
abstract class PinOperations(
    private val pin: () -> Boolean,
    private val unpin: () -> Unit,
    private val end: () -> Boolean,
) {
    private val held = AtomicInteger()

    @Operation
    fun pin(): Boolean = pin.invoke().also { if (it) held.incrementAndGet() }

    @Operation
    fun unpin() {
        if (held.getAndUpdate { maxOf(0, it - 1) } > 0) unpin.invoke()
    }

    @Operation
    fun end(): Boolean = try {
        end.invoke()
    } catch (_: IllegalStateException) {
        false // It is pinned.
    }
}

class RealPinOperations private constructor(pins: Pins) : PinOperations(pins::pin, pins::unpin, { pins.end("pool") }) {
    constructor() : this(Pins())
}

/** The twin that looks for pins and then ends. */
class BrokenPins {
    private val count = AtomicInteger()
    private val ended = AtomicBoolean()

    fun pin(): Boolean {
        if (ended.get()) return false
        count.incrementAndGet()
        return true
    }

    fun unpin() {
        count.decrementAndGet()
    }

    fun end(): Boolean = count.get() == 0 && ended.compareAndSet(false, true)
}

class BrokenPinOperations private constructor(pins: BrokenPins) : PinOperations(pins::pin, pins::unpin, pins::end) {
    constructor() : this(BrokenPins())
}

/** A flag that one thread at a time may take, as a stripe has it. */
class StripeOperations {
    private val stripes = Stripes { ThreadCache(engine, 0) }

    @Operation
    fun use(): Boolean = stripes.withCache { cache ->
        check(!cache.inHand) { "a stripe has two users" }
        cache.inHand = true
        cache.inHand = false
    } != null

    private companion object {
        val engine = SlabEngine(
            owner = "pool",
            poolName = "pool",
            account = Account("pool", 1L shl 20, null),
            idleBound = 0,
            hygiene = HygieneAction(zeroOnRent = false, fillOnClose = false, pattern = 0),
            quarantineBytes = 0,
            quarantineBlocks = 0,
        )
    }
}

/** The twin whose flag is looked at and then taken. */
class BrokenStripeOperations {
    private val taken = AtomicBoolean()
    private val users = AtomicInteger()

    @Operation
    fun use() {
        if (taken.get()) return
        taken.set(true)
        check(users.incrementAndGet() == 1) { "a stripe has two users" }
        users.decrementAndGet()
        taken.set(false)
    }
}

class LockFreeLincheckSpec : FunSpec({
    fun options() = ModelCheckingOptions()
        .iterations(10)
        .invocationsPerIteration(300)
        .threads(2)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(1)

    test("every interleaving of the depot is linearizable") { options().check(DepotOperations::class) }

    test("a depot that forgets to compare is found") {
        shouldThrow<LincheckAssertionError> { options().check(BrokenDepotOperations::class) }
    }

    test("no interleaving gives a chunk to two holders") { options().check(ChunkStackOperations::class) }

    test("a chunk stack without a tag is found") {
        shouldThrow<LincheckAssertionError> {
            options().iterations(30).invocationsPerIteration(2000).check(UntaggedStackOperations::class)
        }
    }

    test("racing closes end a shared lease once") { options().actorsBefore(0).check(SharedLeaseOperations::class) }

    test("a lease that looks before it acts is found") {
        shouldThrow<LincheckAssertionError> { options().actorsBefore(0).check(BrokenLeaseOperations::class) }
    }

    test("a block is pinned or ended, and never both") { options().check(RealPinOperations::class) }

    test("a block that looks for pins and then ends is found") {
        shouldThrow<LincheckAssertionError> { options().check(BrokenPinOperations::class) }
    }

    test("a stripe has one user at a time") {
        // A pool's caches are large objects to explore, so fewer schedules of fewer steps.
        options().iterations(4).invocationsPerIteration(100).actorsPerThread(2).check(StripeOperations::class)
    }

    test("a stripe whose flag is looked at and then taken is found") {
        shouldThrow<LincheckAssertionError> { options().check(BrokenStripeOperations::class) }
    }
})
