@file:JvmSynthetic

package dev.leasehold.memory.dsl

import dev.leasehold.memory.MemoryPool

/**
 * Runs [body] in a scope whose own memory comes from [MemoryPool.shared]; otherwise as [memoryScope] of a pool.
 *
 * @param name what messages call the scope
 * @return what [body] returns
 * @throws ScopeThreadException when [body] lets another thread use the scope
 */
public inline fun <R> memoryScope(name: String? = null, crossinline body: MemoryScope.() -> R): R =
    memoryScope(MemoryPool.shared(), name, body)

/**
 * Runs [body], and then gives back all that was rented or allocated in it and not given back before.
 *
 * **Ownership.** Inside of [body], `pool.rent(size)` on any pool rents for the scope, which closes the lease at the
 * end, the newest first; deferred actions take part in that order. Closing a lease earlier, as with `use`, gives its
 * block back then. It makes no difference whether [body] returns or throws. When giving back fails, the rest is given
 * back all the same; the failures are attached as suppressed to what [body] threw, or, when it returned, to the first
 * of them, which is thrown.
 * **Threads.** The scope belongs to the calling thread. [body] is inlined and yet cannot suspend, which would move it
 * to another thread: that is a compile error. Nor can it return from the function around it; `return@memoryScope` does.
 * **Zeroed.** What is allocated or rented is not, unless the pool's hygiene says so.
 * **Escape.** A lease or a view that leaves the scope throws when it is used, and the lease names the scope and the
 * line that it was opened on. There is no contract on [body], so that `val` outside cannot be set from inside: what is
 * to leave has to be returned.
 * **Cost.** A scope of one lease costs little more than the lease and makes no garbage, as long as nothing in it leaves
 * the calling method.
 *
 * @param pool where [MemoryScope.allocate] takes its memory from
 * @param name what messages call the scope; they always name its line
 * @return what [body] returns
 * @throws dev.leasehold.memory.MemoryBusyException when [body] returned and a shared lease could not be given back,
 *   because a native call or an input/output operation was still using it; it goes back as soon as that has ended
 * @sample dev.leasehold.memory.dsl.samples.sumOfSquares
 */
public inline fun <R> memoryScope(pool: MemoryPool, name: String? = null, crossinline body: MemoryScope.() -> R): R {
    // The literal captures nothing: it is one constant for each place that this is inlined in, and leads to that place.
    val ledger = ScopeLedger(pool, name, ScopeMark {})
    val result = try {
        MemoryScope(ledger).body()
    } catch (failure: Throwable) {
        throw ledger.endAfter(failure)
    }
    ledger.end()
    return result
}
