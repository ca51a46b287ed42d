package dev.leasehold.memory.model.typed

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.internal.typed.HandlePack
import dev.leasehold.memory.internal.typed.HeldSlots
import dev.leasehold.memory.internal.typed.OwnedSlots
import dev.leasehold.memory.internal.typed.PackStack
import dev.leasehold.memory.internal.typed.SlotShape
import dev.leasehold.testing.Effort
import dev.leasehold.testing.Lincheck.modelChecking
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.Operation
import org.jetbrains.lincheck.datastructures.Validate
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicReference

// ---- packs that overflow from caches ----

/** Packs come and go: each is in one hand, or in the stack. */
abstract class PackStackOperations internal constructor(private val stack: PackStack) {
    private val made = AtomicInteger()
    private val taken = AtomicInteger()

    @Operation
    fun push() {
        val pack = HandlePack().apply { add(made.incrementAndGet().toLong()) }
        stack.push(PackStack.Node(), pack)
    }

    @Operation
    fun pop() {
        if (stack.pop() != null) taken.incrementAndGet()
    }

    @Validate
    fun eachWasTakenOnceOrIsThere() {
        val left = stack.size
        check(taken.get() + left == made.get().toLong()) {
            "of ${made.get()} packs $taken were taken, and $left are there"
        }
    }
}

/** The twin that puts on top without a look at what is there by now. */
private class ForgetfulPacks : PackStack() {
    override fun replace(top: AtomicReference<Node?>, seen: Node?, next: Node?): Boolean {
        top.set(next)
        return true
    }
}

class ShippedPacks : PackStackOperations(PackStack())

class ForgetfulPackStack : PackStackOperations(ForgetfulPacks())

// ---- slots that several threads free ----

private val SHAPE = SlotShape(8, 8, 8, 2, 2)

/** Two objects, which all threads free, and which are allocated again: at the limit, so that every slot is needed. */
abstract class SharedFreeOperations internal constructor(private val slots: OwnedSlots) {
    private val freed = AtomicInteger()
    private val handles = List(2) { slots.take() }

    @Operation
    fun freeFirst() = free(handles[0])

    @Operation
    fun freeSecond() = free(handles[1])

    private fun free(handle: Long) {
        if (slots.free(handle)) freed.incrementAndGet()
    }

    @Validate
    fun eachIsFreedOnce() {
        val live = handles.count(slots::lives)
        check(live + freed.get() == 2) { "$live objects live, and ${freed.get()} were freed" }
    }
}

/** The twin that marks without a look at the word: an object is freed as often as one likes. */
private class BlindlyClaimed : OwnedSlots(SHAPE, MemoryManager.system(), "blind") {
    override fun mark(words: LongArray, slot: Int, handle: Long): Boolean {
        if (words[slot] != handle) return false
        words[slot] = handle or (1L shl 31)
        return true
    }
}

class ShippedClaims : SharedFreeOperations(OwnedSlots(SHAPE, MemoryManager.system(), "claimed"))

class BlindClaims : SharedFreeOperations(BlindlyClaimed())

// ---- objects that are held ----

/** One object that threads hold while others free it. Its slot is free again once, when nobody holds it. */
abstract class HoldOperations internal constructor(private val slots: HeldSlots) {
    private val handle = slots.take()
    private val freed = AtomicInteger()

    @Operation
    fun hold() {
        if (!slots.hold(handle)) return
        // What is held is not anybody else's.
        check(slots.tally().free == 1L) { "the slot of an object that is held is free" }
        slots.letGo(handle)
    }

    @Operation
    fun free() {
        if (slots.free(handle)) freed.incrementAndGet()
    }

    @Validate
    fun theSlotCameBackOnce() {
        val expected = 1L + freed.get()
        check(freed.get() <= 1) { "an object was freed ${freed.get()} times" }
        check(slots.tally().free == expected) { "${slots.tally().free} slots are free, and not $expected" }
    }
}

/** The twin that changes the word without a look at it. */
private class BlindlyHeld : HeldSlots(SHAPE, MemoryManager.system(), "blind") {
    override fun change(words: LongArray, slot: Int, seen: Long, next: Long): Boolean {
        words[slot] = next
        return true
    }
}

class ShippedHolds : HoldOperations(HeldSlots(SHAPE, MemoryManager.system(), "held"))

class BlindHolds : HoldOperations(BlindlyHeld())

class SlotListsLincheckSpec : FunSpec({
    fun options() = modelChecking()
        .iterations(Effort.times(2))
        .invocationsPerIteration(Effort.times(20))
        .threads(2)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(0)

    // As hard as it takes to find them; the shortest way to each costs a minute.
    fun twins() = options().iterations(30).invocationsPerIteration(200).minimizeFailedScenario(false)

    test("a pack that overflowed goes to one cache") { options().check(ShippedPacks::class) }

    test("a stack of packs that forgets to compare is found") {
        shouldThrow<LincheckAssertionError> { twins().check(ForgetfulPackStack::class) }
    }

    test("an object that several threads free is freed once") { options().check(ShippedClaims::class) }

    test("claims without a comparison are found") {
        shouldThrow<LincheckAssertionError> { twins().check(BlindClaims::class) }
    }

    test("the slot of an object that is freed while it is held comes back once, when the last has let go") {
        options().check(ShippedHolds::class)
    }

    test("holds without a comparison are found") {
        shouldThrow<LincheckAssertionError> { twins().check(BlindHolds::class) }
    }
})
