package dev.leasehold.memory.model

import dev.leasehold.memory.internal.budget.BudgetNode
import dev.leasehold.memory.internal.budget.Decision
import dev.leasehold.testing.Effort
import dev.leasehold.testing.Lincheck.modelChecking
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.Operation
import org.jetbrains.lincheck.datastructures.Validate
import java.util.concurrent.atomic.AtomicLong

/**
 * Two leaves under one node under the root, of which the root is the narrowest: so additions are taken back. One thread
 * to a leaf, as under the lock of a pool's store; any thread sets the limit.
 */
class BudgetOperations {
    private val root = BudgetNode("root", 5, null)
    private val middle = BudgetNode("middle", 6, root)
    private val first = BudgetNode("first", 9, middle)
    private val second = BudgetNode("second", 9, middle)

    @Operation(nonParallelGroup = "first")
    fun reserveManyOfFirst(): Boolean = first.reserve(4).succeeded()

    @Operation(nonParallelGroup = "first")
    fun giveBackOfFirst(): Boolean = giveBack(first, 4)

    @Operation(nonParallelGroup = "second")
    fun reserveFewOfSecond(): Boolean = second.reserve(2).succeeded()

    @Operation(nonParallelGroup = "second")
    fun giveBackOfSecond(): Boolean = giveBack(second, 2)

    @Operation(nonParallelGroup = "second")
    fun lowerTheRoot() {
        root.limit = 3
    }

    private fun Decision?.succeeded() = this?.refusal == null

    private fun giveBack(leaf: BudgetNode, bytes: Long): Boolean {
        if (leaf.used < bytes) return false
        leaf.giveBack(bytes)
        return true
    }

    @Validate
    fun addsUp() {
        check(first.used + second.used == middle.used)
        check(middle.used == root.used)
        check(middle.used <= 6 && root.used <= 5) { "${root.used} bytes are used" }
    }
}

/** The way of a reservation, in two wrong forms. */
abstract class BrokenBudget {
    protected val root = AtomicLong()
    protected val middle = AtomicLong()

    abstract fun reserve(more: Long): Boolean

    @Operation(nonParallelGroup = "first")
    fun reserveMany(): Boolean = reserve(4)

    @Operation(nonParallelGroup = "second")
    fun reserveFew(): Boolean = reserve(2)

    @Validate
    fun staysBelow() {
        check(root.get() <= 3 && middle.get() <= 5) { "${root.get()} bytes are used" }
    }
}

/** Looks first and adds then. */
class CheckThenAdd : BrokenBudget() {
    override fun reserve(more: Long): Boolean {
        if (middle.get() + more > 5 || root.get() + more > 3) return false
        middle.addAndGet(more)
        root.addAndGet(more)
        return true
    }

    @Operation(nonParallelGroup = "first")
    fun reserveTwo(): Boolean = reserve(2)
}

/** Takes back what was added, and believes any refusal, also one for bytes that were taken back. */
class BelievesRefusals : BrokenBudget() {
    override fun reserve(more: Long): Boolean {
        if (!add(middle, more, 5)) return false
        if (add(root, more, 3)) return true
        middle.addAndGet(-more)
        return false
    }

    private fun add(level: AtomicLong, more: Long, limit: Long): Boolean {
        while (true) {
            val seen = level.get()
            if (seen + more > limit) return false
            if (level.compareAndSet(seen, seen + more)) return true
        }
    }
}

class BudgetLincheckSpec : FunSpec({
    fun options() = modelChecking()
        .iterations(15)
        .invocationsPerIteration(500)
        .threads(2)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(0)

    test("reservations of two leaves happen one after the other, and stay below every limit") {
        options().iterations(Effort.times(4)).check(BudgetOperations::class)
    }

    test("a reservation that looks first and adds then is found") {
        shouldThrow<LincheckAssertionError> { options().minimizeFailedScenario(false).check(CheckThenAdd::class) }
    }

    test("a reservation that believes a refusal for bytes that are taken back is found") {
        shouldThrow<LincheckAssertionError> { options().iterations(40).actorsBefore(0).check(BelievesRefusals::class) }
    }
})
