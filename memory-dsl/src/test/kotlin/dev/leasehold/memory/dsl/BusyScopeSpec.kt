package dev.leasehold.memory.dsl

import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MemoryPool
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.lang.foreign.FunctionDescriptor
import java.lang.foreign.Linker
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.ADDRESS
import java.lang.foreign.ValueLayout.JAVA_INT
import java.lang.foreign.ValueLayout.JAVA_LONG
import java.lang.invoke.MethodHandles
import java.lang.invoke.MethodType
import kotlin.concurrent.thread

/**
 * A scope that ends while a native call of its own thread uses a confined lease: only there can such a lease be in use,
 * and only when the call has called back. What other threads still use is in the spec of all owners that close.
 */
class BusyScopeSpec : FunSpec({
    test("a scope that is closed in a call-back keeps the lease of the native call, and closes the rest") {
        MemoryPool.isolated("sorted").use { pool ->
            val scope = MemoryScope.open(pool, "sorting")
            val others = List(2) { scope.rent(pool, 64) }
            val numbers = scope.rent(pool, 64)
            val shared = scope.rentShared(pool, 64)
            val refusal = sorting(numbers) { shouldThrow<MemoryBusyException> { scope.close() } }
            refusal.message shouldBe "Lease of 64 bytes from pool 'sorted' is still in use by a native call of its " +
                "thread at the end of memory scope 'sorting', which keeps it: close that again on this thread when " +
                "the call has returned"
            refusal.ownerName shouldBe "sorted"
            refusal.size shouldBe 64
            (others + numbers).map { it.isClosed } shouldContainExactly listOf(true, true, false)
            shared.isClosed shouldBe true
            shouldThrow<ScopeClosedException> { scope.rent(pool, 1) }

            scope.close()
            numbers.isClosed shouldBe true
            pool.stats().used shouldBe 0
            scope.close()
        }
    }

    test("a scope that keeps several leases closes the newest of them first when it is closed again") {
        MemoryPool.isolated("kept").use { pool ->
            val scope = MemoryScope.open(pool)
            val older = scope.rent(pool, 64)
            val newer = scope.rent(pool, 64)
            val first = sorting(older) { sorting(newer) { shouldThrow<MemoryBusyException> { scope.close() } } }
            first.suppressed.map { it.javaClass } shouldContainExactly listOf(MemoryBusyException::class.java)
            sorting(older) { shouldThrow<MemoryBusyException> { scope.close() } }
            listOf(newer, older).map { it.isClosed } shouldContainExactly listOf(true, false)
            scope.close()
            pool.stats().used shouldBe 0
        }
    }

    test("what a scope keeps it keeps from other threads") {
        MemoryPool.isolated("alien").use { pool ->
            val scope = MemoryScope.open(pool, "mine")
            val lease = scope.rent(pool, 64)
            sorting(lease) { shouldThrow<MemoryBusyException> { scope.close() } }
            var refusal: Throwable? = null
            thread { refusal = runCatching { scope.close() }.exceptionOrNull() }.join()
            refusal!!.message!! shouldContain "memory scope 'mine' belongs to thread"
            scope.close()
            pool.stats().used shouldBe 0
        }
    }
})

/** Sorts the numbers in [lease] by the C library, and returns what [once] does the first time that it calls back. */
private fun <R : Any> sorting(lease: Lease, once: () -> R): R {
    val comparator = Comparing(once)
    val linker = Linker.nativeLinker()
    val compare = MethodHandles.lookup().findVirtual(
        Comparing::class.java,
        "compare",
        MethodType.methodType(Int::class.java, MemorySegment::class.java, MemorySegment::class.java),
    ).bindTo(comparator)
    java.lang.foreign.Arena.ofConfined().use { arena ->
        val stub = linker.upcallStub(compare, FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS), arena)
        val sort = linker.downcallHandle(
            linker.defaultLookup().find("qsort").get(),
            FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS),
        )
        sort.invokeWithArguments(lease.asMemorySegment(), 4L, 4L, stub)
    }
    return comparator.result()
}

/** A comparator for C, out of which nothing may be thrown: that ends the process. */
private class Comparing(private val once: () -> Any) {
    private var outcome: Result<Any>? = null

    @Suppress("unused", "UNUSED_PARAMETER") // Called by C.
    fun compare(left: MemorySegment, right: MemorySegment): Int {
        if (outcome == null) outcome = runCatching(once)
        return 0
    }

    @Suppress("UNCHECKED_CAST")
    fun <R> result(): R = checkNotNull(outcome).getOrThrow() as R
}
