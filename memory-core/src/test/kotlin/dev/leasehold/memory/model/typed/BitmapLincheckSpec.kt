package dev.leasehold.memory.model.typed

import dev.leasehold.memory.internal.typed.BitTable
import dev.leasehold.testing.Effort
import dev.leasehold.testing.Lincheck.modelChecking
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.IntGen
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions
import org.jetbrains.lincheck.datastructures.Operation
import org.jetbrains.lincheck.datastructures.Param
import org.jetbrains.lincheck.datastructures.Validate
import java.util.BitSet
import java.util.concurrent.atomic.AtomicIntegerArray

private fun arrayFor(bits: Long): Array<ArrayWords> =
    arrayOf(ArrayWords((BitTable.HEADER + BitTable.wordsFor(bits)).toInt()))

private fun shipped(bits: Long) = BitTable(bits, arrayFor(bits), longArrayOf(0), BitTable.newHints())

/** The twin that writes a word without a look at what is there by now. */
private class ForgetfulTable(bits: Long) : BitTable(bits, arrayFor(bits), longArrayOf(0), newHints()) {
    override fun replace(word: Long, seen: Long, next: Long): Boolean {
        super.replace(word, seen, next)
        return true
    }
}

// ---- in one word everything happens at one moment ----

private const val FEW = 4

/** What a bitmap of four bits does. */
interface FewBits {
    fun allocate(length: Int): Long

    fun free(first: Long, length: Int): Long

    fun test(bit: Long): Boolean

    fun set(bit: Long): Boolean

    fun clear(bit: Long): Boolean

    fun count(): Long
}

private class RealBits(private val table: BitTable) : FewBits {
    override fun allocate(length: Int): Long = table.allocate(length, 0)

    override fun free(first: Long, length: Int): Long = table.free(first, length, 0)

    override fun test(bit: Long): Boolean = table.test(bit)

    override fun set(bit: Long): Boolean = table.set(bit)

    override fun clear(bit: Long): Boolean = table.clear(bit)

    override fun count(): Long = table.count()
}

/** The same in a set of the platform's. */
private class ModelBits : FewBits {
    private val bits = BitSet()

    override fun allocate(length: Int): Long {
        val first = (0..FEW - length).firstOrNull { bits[it, it + length].isEmpty } ?: return -1
        bits[first, first + length] = true
        return first.toLong()
    }

    override fun free(first: Long, length: Int): Long {
        val run = first.toInt() until first.toInt() + length
        val refused = run.firstOrNull { !bits[it] } ?: -1
        if (refused < 0) bits.clear(run.first, run.last + 1)
        return refused.toLong()
    }

    override fun test(bit: Long): Boolean = bits[bit.toInt()]

    override fun set(bit: Long): Boolean = !test(bit).also { bits.set(bit.toInt()) }

    override fun clear(bit: Long): Boolean = test(bit).also { bits.clear(bit.toInt()) }

    override fun count(): Long = bits.cardinality().toLong()
}

@Param(name = "bit", gen = IntGen::class, conf = "0:3")
abstract class FewBitsOperations(private val bits: FewBits) {
    @Operation
    fun allocateOne(): Long = bits.allocate(1)

    @Operation
    fun allocateTwo(): Long = bits.allocate(2)

    @Operation
    fun free(@Param(name = "bit") bit: Int): Long = bits.free(bit.toLong(), 1)

    @Operation
    fun freeTwo(@Param(name = "bit") bit: Int): Long = if (bit + 2 > FEW) -2 else bits.free(bit.toLong(), 2)

    @Operation
    fun test(@Param(name = "bit") bit: Int): Boolean = bits.test(bit.toLong())

    @Operation
    fun set(@Param(name = "bit") bit: Int): Boolean = bits.set(bit.toLong())

    @Operation
    fun clear(@Param(name = "bit") bit: Int): Boolean = bits.clear(bit.toLong())

    @Operation
    fun count(): Long = bits.count()
}

class ShippedFewBits : FewBitsOperations(RealBits(shipped(FEW.toLong())))

class ForgetfulFewBits : FewBitsOperations(RealBits(ForgetfulTable(FEW.toLong())))

/** What they are held to. */
class ModelFewBits : FewBitsOperations(ModelBits())

// ---- across two words a run is never given twice ----

/** Two words, of which all bits are set but a few on both sides of the border. Each thread frees what it allocated. */
abstract class BorderOperations internal constructor(newTable: (bits: Long) -> BitTable) {
    private val table = newTable(128)
    private val holders = AtomicIntegerArray(128)

    init {
        for (bit in 0L until 128) if (bit !in CLEAR) table.set(bit)
    }

    @Operation
    fun borrowOne(): Unit = borrow(1)

    @Operation
    fun borrowTwo(): Unit = borrow(2)

    @Operation
    fun borrowThree(): Unit = borrow(3)

    private fun borrow(length: Int) {
        val first = table.allocate(length, 0)
        if (first < 0) return
        val run = first.toInt() until first.toInt() + length
        for (bit in run) check(holders.getAndIncrement(bit) == 0) { "bit $bit has two holders" }
        for (bit in run) holders.decrementAndGet(bit)
        check(table.free(first, length, 0) == -1L) { "the run of $length at $first was freed by another" }
    }

    @Validate
    fun nothingIsLost() {
        check(table.count() == 128L - CLEAR.count()) { "${table.count()} bits are set" }
    }

    private companion object {
        val CLEAR = 62L..65L
    }
}

class ShippedBorder : BorderOperations(::shipped)

class ForgetfulBorder : BorderOperations(::ForgetfulTable)

/** Two threads free the same run, and a third allocates it again. */
abstract class DoubleFreeOperations internal constructor(newTable: (bits: Long) -> BitTable) {
    private val table = newTable(128).also { table -> for (bit in 0L until 128) table.set(bit) }
    private val freed = AtomicIntegerArray(1)

    @Operation(runOnce = true, nonParallelGroup = "first")
    fun freeFirst(): Unit = free()

    @Operation(runOnce = true, nonParallelGroup = "second")
    fun freeSecond(): Unit = free()

    private fun free() {
        if (table.free(63, 2, 0) == -1L) freed.incrementAndGet(0)
    }

    @Validate
    fun once() {
        val runs = freed.get(0)
        check(runs <= 1) { "one run was freed twice" }
        check(table.count() == 128L - 2 * runs) { "${table.count()} bits are set after $runs frees" }
    }
}

class ShippedDoubleFree : DoubleFreeOperations(::shipped)

class ForgetfulDoubleFree : DoubleFreeOperations(::ForgetfulTable)

class BitmapLincheckSpec : FunSpec({
    fun options() = modelChecking()
        .iterations(Effort.times(5))
        .invocationsPerIteration(Effort.times(100))
        .threads(3)
        .actorsPerThread(2)
        .actorsBefore(2)
        .actorsAfter(1)

    fun ModelCheckingOptions.hard() =
        threads(2).iterations(200).invocationsPerIteration(100).minimizeFailedScenario(false)

    test("in one word, runs are allocated and freed as if one after the other, and none waits for another") {
        options().sequentialSpecification(ModelFewBits::class.java).checkObstructionFreedom(true)
            .check(ShippedFewBits::class)
    }

    test("a bitmap that forgets to compare is found") {
        shouldThrow<LincheckAssertionError> {
            options().hard().sequentialSpecification(ModelFewBits::class.java).check(ForgetfulFewBits::class)
        }
    }

    test("no bit of a run that lies in two words has two holders, and none is lost") {
        options().checkObstructionFreedom(true).check(ShippedBorder::class)
    }

    test("one that forgets to compare there is found, too") {
        shouldThrow<LincheckAssertionError> { options().hard().check(ForgetfulBorder::class) }
    }

    test("a run in two words is freed by one of two") {
        options().actorsBefore(0).check(ShippedDoubleFree::class)
    }

    test("one that both can free is found") {
        shouldThrow<LincheckAssertionError> { options().hard().actorsBefore(0).check(ForgetfulDoubleFree::class) }
    }
})
