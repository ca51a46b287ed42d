package dev.leasehold.memory.internal.slab

import dev.leasehold.memory.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions
import org.jetbrains.lincheck.datastructures.Operation
import java.util.concurrent.atomic.AtomicInteger

/**
 * The count of one block, or of two of one thread, by its owner and by anybody else.
 *
 * Lincheck's memory is sequentially consistent, so the fence is nothing here: what is looked for is whether the order of
 * steps is right. Whether the fence makes it so on a real machine is what jcstress looks for.
 */
abstract class RefCountOperations internal constructor(private val bias: PlayedBias) {
    private val first = RefCount(bias, bias.generationOfNext())

    private var locks = 0

    @Volatile
    private var second: RefCount? = null

    @Operation(nonParallelGroup = "owner")
    fun ownRetain(): Boolean = asOwner { first.tryRetain() }

    @Operation(nonParallelGroup = "owner")
    fun ownRelease(): Int = asOwner { first.release() }

    @Operation(nonParallelGroup = "owner")
    fun ownEndAlone(): Boolean = asOwner { endAlone() }

    @Operation(nonParallelGroup = "owner")
    fun ownLock(): Boolean = asOwner { lock() }

    /** One more block of the owner's: in a pause, or of a generation that begins with it. */
    @Operation(nonParallelGroup = "owner")
    fun ownAllocate(): Boolean = asOwner {
        val fresh = second == null
        if (fresh) {
            val generation = bias.generationOfNext()
            second = RefCount(if (generation == 0) null else bias, generation)
        }
        fresh
    }

    @Operation(nonParallelGroup = "owner")
    fun ownReleaseSecond(): Int = asOwner { second?.release() ?: -1 }

    @Operation
    fun retain(): Boolean = first.tryRetain()

    @Operation
    fun release(): Int = first.release()

    /** As the end of a block whose bytes have moved. */
    @Operation
    fun endAlone(): Boolean = first.tryLock(1).also { if (it) first.end() }

    /** As a resize in place that must not be seen half done. */
    @Operation
    fun lock(): Boolean {
        if (!first.tryLock(1)) return false
        check(locks++ == 0) { "two have locked the block" }
        locks--
        first.unlock(1)
        return true
    }

    @Operation
    fun count(): Int = first.count

    @Operation
    fun isOver(): Boolean = first.isOver

    @Operation
    fun retainSecond(): Boolean = second?.tryRetain() ?: false

    private inline fun <T> asOwner(action: () -> T): T {
        bias.play()
        return action()
    }
}

class BiasedCountOperations : RefCountOperations(PlayedBias(fence = {}))

class HastyCountOperations : RefCountOperations(HastyBias())

class DeafCountOperations : RefCountOperations(DeafBias())

/** The twin whose lock is looked at and then taken. */
class LeakyLockOperations {
    private val count = AtomicInteger(1)

    @Operation
    fun retain(): Boolean {
        while (true) {
            val seen = count.get()
            if (seen <= 0) return false
            if (count.compareAndSet(seen, seen + 1)) return true
        }
    }

    @Operation
    fun endAlone(): Boolean {
        if (count.get() != 1) return false
        count.set(0)
        return true
    }

    @Operation
    fun count(): Int = count.get()
}

/** The twin that looks whether any reference is left, and then adds one. */
class RevivedCountOperations {
    private val count = AtomicInteger(1)

    @Operation
    fun retain(): Boolean {
        if (count.get() == 0) return false
        count.incrementAndGet()
        return true
    }

    @Operation
    fun release(): Int {
        while (true) {
            val seen = count.get()
            if (seen == 0) return RefCount.NONE
            if (count.compareAndSet(seen, seen - 1)) return if (seen == 1) RefCount.LAST else RefCount.MORE
        }
    }
}

class RefCountLincheckSpec : FunSpec({
    fun options() = ModelCheckingOptions()
        .iterations(Effort.times(3, 200))
        .invocationsPerIteration(Effort.times(120, 5000))
        .threads(2)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(1)

    test("every interleaving of an owner and another thread counts right") {
        options().check(BiasedCountOperations::class)
    }

    test("every interleaving of an owner and two other threads counts right") {
        options().threads(3).actorsPerThread(2).check(BiasedCountOperations::class)
    }

    val twins = listOf(
        HastyCountOperations::class,
        DeafCountOperations::class,
        RevivedCountOperations::class,
        LeakyLockOperations::class,
    )
    for (twin in twins) {
        test("${twin.simpleName} is found") {
            shouldThrow<LincheckAssertionError> {
                options().iterations(30).invocationsPerIteration(1000).check(twin)
            }
        }
    }
})
