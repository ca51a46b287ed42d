package dev.leasehold.memory.coroutines

import dev.leasehold.memory.coroutines.internal.own.LeaseLedger
import dev.leasehold.memory.coroutines.internal.own.OpenScopes
import dev.leasehold.memory.coroutines.internal.own.end
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.job

/**
 * Runs [body], waits for all the coroutines that were started in it, and then gives back all that was rented in it and
 * not given back before.
 *
 * ```kotlin
 * memoryScope(buffers) {
 *     val input = rent(64.KiB) // suspends while the bytes are out
 *     launch { read(input) } // children may use the scope's leases
 *     launch { consume(rent(4.KiB)) } // and rent for the scope themselves
 * } // All closed here, the newest first.
 * ```
 *
 * **Ownership.** The scope owns each lease before the rent returns it, and closes it after its body and all its
 * children have ended, the newest first, on success, failure and cancellation alike. A lease can be closed earlier, or
 * [moved][move] out. When giving back fails, the rest is given back all the same; the failures are attached as
 * suppressed to what [body] threw, or, when it returned, to the first of them, which is thrown.
 * **Threads.** Any: [body] and its children may suspend and go on elsewhere, under whatever dispatcher. The scope takes
 * the caller's context and changes nothing of it, and like `coroutineScope` it fails when a child does.
 * **Zeroed.** Nothing, unless the pool's hygiene says so.
 * **Cost.** A coroutine and a few objects; a lease costs a short lock more than outside of a scope.
 * **Waiting for itself.** A coroutine that waits for bytes that its own scopes hold could wait for ever, and so could
 * several whose scopes hold what the others wait for. A [RentDeadlockException] ends such a wait: at once when the body
 * waits and no child is left, because then only the scope's end gives anything back; otherwise when nothing has come
 * back for [SuspendingPoolOptions.stallPatience]. A lease that something outside of the scope's coroutines is going to
 * close is not the scope's: [move] it out, or bind it to a job with `leaseIn`. A coroutine is found to be inside of a
 * scope by its job: under `NonCancellable` or `runBlocking`, whose jobs lead nowhere, only rents for the scope are
 * watched.
 *
 * @param pool what `rent(size)` rents from; other pools' rents belong to the scope as well
 * @param name what messages call the scope; they always name its coroutine
 * @return what [body] returns
 * @throws dev.leasehold.memory.MemoryBusyException when [body] returned and a lease could not be given back, because a
 *   native call or an input/output operation is still using it; it goes back as soon as that ends
 */
@IgnorableReturnValue // A body often ends with its last launch.
public suspend fun <R> memoryScope(
    pool: SuspendingPool,
    name: String? = null,
    body: suspend SuspendingMemoryScope.() -> R,
): R {
    val ledger = LeaseLedger(name, currentCoroutineContext())
    val result = try {
        coroutineScope {
            OpenScopes.open(coroutineContext.job, ledger)
            SuspendingMemoryScope(ledger, pool, coroutineContext).body()
        }
    } catch (failure: Throwable) {
        throw ledger.endAfter(failure)
    } finally {
        OpenScopes.close(ledger)
    }
    ledger.end()
    return result
}
