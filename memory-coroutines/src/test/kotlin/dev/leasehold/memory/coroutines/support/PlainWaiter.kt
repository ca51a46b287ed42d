package dev.leasehold.memory.coroutines.support

import dev.leasehold.memory.coroutines.internal.line.ByteLine
import dev.leasehold.memory.coroutines.internal.line.CoroutineWaiter
import kotlinx.coroutines.CancellableContinuation
import kotlin.coroutines.resume

/** The twin whose waiter is resumed without a word about what happens to the bytes when the coroutine does not run. */
internal class PlainWaiter(line: ByteLine, bytes: Long) : CoroutineWaiter(line, bytes) {
    override fun resume(continuation: CancellableContinuation<CoroutineWaiter>): Unit = continuation.resume(this)
}
