package dev.leasehold.memory.model

import dev.leasehold.memory.internal.engine.ReturnSlot
import dev.leasehold.testing.Effort
import dev.leasehold.testing.Lincheck.modelChecking
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.Operation
import org.jetbrains.lincheck.datastructures.Validate
import java.util.concurrent.atomic.AtomicLong

/** The twin that writes the word without a look at what is there by now. */
private class ForgetfulSlot : ReturnSlot() {
    override fun replace(seen: Long, next: Long): Boolean {
        super.replace(seen, next)
        return true
    }
}

/** Blocks of two classes come back to one slot, out of which requests and a flush take them. */
abstract class ReturnSlotOperations internal constructor(private val slot: ReturnSlot) {
    private val hands = Hands()
    private val next = AtomicLong(1)

    @Operation
    fun offerOfFirstClass(): Unit = offer(0)

    @Operation
    fun offerOfLastClass(): Unit = offer(54)

    private fun offer(classIndex: Int) {
        val block = next.getAndIncrement()
        hands.take(block)
        hands.give(block)
        if (!slot.offer(classIndex, block)) hands.take(block)
    }

    @Operation
    fun takeOfFirstClass(): Unit = took(slot.take(0))

    @Operation
    fun takeOfLastClass(): Unit = took(slot.take(54))

    @Operation
    fun flush(): Unit = took(slot.takeAny())

    private fun took(block: Long) {
        if (block != 0L) hands.take(block)
    }

    @Validate
    fun nothingIsLost() {
        flush()
        val given = next.get() - 1
        check(hands.count.toLong() == given) { "${hands.count} of $given blocks are held in the end" }
    }
}

class ShippedReturnSlot : ReturnSlotOperations(ReturnSlot())

class ForgetfulReturnSlot : ReturnSlotOperations(ForgetfulSlot())

class ReturnSlotLincheckSpec : FunSpec({
    fun options() = modelChecking()
        .iterations(Effort.times(10))
        .invocationsPerIteration(Effort.times(300))
        .threads(3)
        .actorsPerThread(2)
        .actorsBefore(1)
        .actorsAfter(0)
        .checkObstructionFreedom(true)

    test("a block that came back goes to one request, and none waits for another") {
        options().check(ShippedReturnSlot::class)
    }

    test("a slot that forgets to compare is found") {
        shouldThrow<LincheckAssertionError> {
            options().iterations(30).invocationsPerIteration(1000).check(ForgetfulReturnSlot::class)
        }
    }

    test("a request of another class leaves it where it is") {
        val slot = ReturnSlot()
        val address = 0x7fff_ffff_f000
        slot.offer(54, address) shouldBe true
        slot.offer(54, 0x1000) shouldBe false
        slot.take(53) shouldBe 0
        slot.isEmpty shouldBe false
        slot.take(54) shouldBe address
        slot.isEmpty shouldBe true
        slot.takeAny() shouldBe 0
    }
})
