package dev.leasehold.memory.coroutines.support

import dev.leasehold.memory.coroutines.internal.line.ByteLine
import dev.leasehold.memory.coroutines.internal.line.CoroutineWaiter
import kotlinx.coroutines.CancellableContinuation
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.resume

/** The twin whose waiter is resumed without a word about what happens to the bytes when the coroutine does not run. */
internal class PlainWaiter(
    line: ByteLine,
    bytes: Long,
    tooMany: (bytes: Long, CoroutineContext) -> Throwable = ::crowded,
) : CoroutineWaiter(line, bytes, tooMany) {
    override fun resume(continuation: CancellableContinuation<CoroutineWaiter>): Unit = continuation.resume(this)
}

/** For lines in which there is room for all that wait. */
@Suppress("UNUSED_PARAMETER")
internal fun crowded(bytes: Long, context: CoroutineContext): Throwable = IllegalStateException("too many wait")
