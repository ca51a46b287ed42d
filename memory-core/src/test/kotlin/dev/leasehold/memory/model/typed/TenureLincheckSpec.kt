package dev.leasehold.memory.model.typed

import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.platform.PageHome
import dev.leasehold.memory.internal.typed.Holders
import dev.leasehold.memory.internal.typed.OwnedMemory
import dev.leasehold.memory.internal.typed.Phase
import dev.leasehold.memory.internal.typed.Tenure
import dev.leasehold.testing.Effort
import dev.leasehold.testing.Lincheck.modelChecking
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.Operation
import org.jetbrains.lincheck.datastructures.Validate
import java.lang.foreign.MemorySegment
import java.util.concurrent.atomic.AtomicInteger

/** Memory that counts how often it ends. */
private class CountedMemory : OwnedMemory() {
    private val ends = AtomicInteger()
    private val cuts = AtomicInteger()

    override val owner: Owner? get() = null
    override val home: PageHome get() = PageHome.PROCESS
    override val address: Long get() = 0
    override val size: Long get() = 0
    override val isReadOnly: Boolean get() = false
    override fun view(): MemorySegment? = null
    override fun tryHold(): Boolean = !isFree
    override fun leave(): Unit = Unit

    override fun cut() {
        check(cuts.incrementAndGet() == 1) { "it was cut off twice" }
    }

    override fun free() {
        check(ends.incrementAndGet() == 1) { "it was freed twice" }
    }

    val isFree: Boolean get() = ends.get() == 1
}

private open class ShippedTenure(memory: OwnedMemory? = null, holders: Holders? = null) :
    Tenure<String>("type", 1, memory, holders)

/** The twin that takes the turn without a look. */
private class PushyTenure(memory: OwnedMemory?) : ShippedTenure(memory) {
    override fun claim(seen: Phase): Boolean {
        super.claim(seen)
        return true
    }
}

/** Two buffers whose memory is closed, moved, released, swapped and replaced by all threads. */
abstract class TenureOperations private constructor(
    private val memory: List<CountedMemory>,
    private val first: Tenure<String>,
    private val second: Tenure<String>,
) {
    private constructor(memory: List<CountedMemory>, make: (OwnedMemory) -> Tenure<String>) :
        this(memory, make(memory[0]), make(memory[1]))

    internal constructor(make: (OwnedMemory) -> Tenure<String>) : this(listOf(CountedMemory(), CountedMemory()), make)

    @Operation
    fun closeFirst(): Boolean = first.end(Phase.CLOSED)

    @Operation
    fun closeSecond(): Boolean = second.end(Phase.CLOSED)

    /** Moves it, and closes the new one. */
    @Operation
    fun moveFirst(): Boolean {
        val next = ShippedTenure()
        return first.passTo(next, Phase.MOVED) && next.end(Phase.CLOSED)
    }

    @Operation
    fun swap(): Boolean = first.swap(second) == null

    @Operation
    fun swapBack(): Boolean = second.swap(first) == null

    @Operation
    fun replaceFirst(): Boolean = first.replaceBy(second)

    @Operation
    fun isFirstOver(): Boolean = first.ended.isOver

    @Validate
    fun allIsFreedOnce() {
        first.end(Phase.CLOSED)
        second.end(Phase.CLOSED)
        check(memory.all { it.isFree }) { "it was never freed" }
    }
}

class ShippedTenures : TenureOperations(::ShippedTenure)

class PushyTenures : TenureOperations(::PushyTenure)

/** The twin that counts without a look. */
private class ForgetfulHolders : Holders() {
    override fun replace(seen: Int, next: Int): Boolean {
        super.replace(seen, next)
        return true
    }
}

/** Several holders of one memory, who copy, close, and release it if they are alone. */
abstract class HolderOperations internal constructor(private val holders: Holders) {
    private val memory = CountedMemory()
    private val first: Tenure<String> = ShippedTenure(memory, holders)

    @Volatile private var second: Tenure<String>? = null

    /** As a copy of the first. */
    @Operation(nonParallelGroup = "second")
    fun takeSecond(): Boolean {
        if (second != null) return false
        val seen = first.memory ?: return false
        val next = ShippedTenure(seen, holders)
        if (!holders.join()) return false
        second = next
        return true
    }

    @Operation(nonParallelGroup = "second")
    fun closeSecond(): Boolean = second?.end(Phase.CLOSED) ?: false

    @Operation
    fun closeFirst(): Boolean = first.end(Phase.CLOSED)

    /** Releases it, and frees what was released. */
    @Operation
    fun releaseFirst(): Boolean? {
        val next = ShippedTenure()
        val passed = first.passAloneTo(next, Phase.RELEASED)
        if (passed == true) check(next.end(Phase.FREED))
        return passed
    }

    @Validate
    fun allIsFreedOnce() {
        first.end(Phase.CLOSED)
        second?.end(Phase.CLOSED)
        check(memory.isFree) { "it was never freed" }
    }
}

class ShippedHolders : HolderOperations(Holders())

class ForgetfulCopies : HolderOperations(ForgetfulHolders())

class TenureLincheckSpec : FunSpec({
    fun options() = modelChecking()
        .iterations(Effort.times(4))
        .invocationsPerIteration(Effort.times(150))
        .threads(3)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(1)

    test("of closes, moves, swaps and resets that race, memory has one owner and one end") {
        options().check(ShippedTenures::class)
    }

    test("of copies, closes and releases that race, the last one ends the memory") {
        options().check(ShippedHolders::class)
    }

    for (twin in listOf(PushyTenures::class, ForgetfulCopies::class)) {
        test("${twin.simpleName} is found") {
            shouldThrow<LincheckAssertionError> {
                options().iterations(40).invocationsPerIteration(1000).minimizeFailedScenario(false).check(twin)
            }
        }
    }
})
