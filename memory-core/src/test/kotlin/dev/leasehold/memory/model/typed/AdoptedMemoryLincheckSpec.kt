package dev.leasehold.memory.model.typed

import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.internal.typed.AdoptedMemory
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
import java.util.function.Consumer

private open class ShippedAdopted(action: Consumer<MemorySegment>) :
    AdoptedMemory(MemorySegment.ofAddress(1L shl 16), action)

/** The twin that looks, and then refuses. */
private class HastyAdopted(action: Consumer<MemorySegment>) : ShippedAdopted(action) {
    override fun refuseHolds(): Boolean {
        if (holds.get() != 0) return false
        holds.set(CUT_OFF)
        return true
    }
}

/** Adopted memory that is used by transfers, and closed, by all threads. */
abstract class AdoptedOperations internal constructor(make: (Consumer<MemorySegment>) -> AdoptedMemory) {
    private val frees = AtomicInteger()
    private val tenure = Tenure("type", 1, make { frees.incrementAndGet() })

    /** A transfer: while it lasts the memory is not freed. */
    @Operation
    fun use() {
        val held = tenure.hold() ?: return
        check(frees.get() == 0) { "it was held after it had been freed" }
        check(frees.get() == 0) { "it was freed while it was held" }
        held.leave()
    }

    /** Closes it, unless it is in use: whether it is, the order of the others says. */
    @Operation
    fun close() {
        try {
            tenure.end(Phase.CLOSED)
        } catch (_: MemoryBusyException) {
            return
        }
    }

    @Validate
    fun allIsFreedOnce() {
        tenure.end(Phase.CLOSED)
        check(frees.get() == 1) { "it was freed ${frees.get()} times" }
    }
}

class ShippedAdoptedMemory : AdoptedOperations(::ShippedAdopted)

class HastyAdoptedMemory : AdoptedOperations(::HastyAdopted)

class AdoptedMemoryLincheckSpec : FunSpec() {
    private fun options() = modelChecking()
        .threads(2)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(0)
        .iterations(Effort.times(20))
        .invocationsPerIteration(500)

    init {
        test("adopted memory is freed once, and not while a transfer holds it") {
            options().check(ShippedAdoptedMemory::class)
        }

        test("a close that looks for holds, and then refuses them, is found") {
            shouldThrow<LincheckAssertionError> { options().check(HastyAdoptedMemory::class) }
        }
    }
}
