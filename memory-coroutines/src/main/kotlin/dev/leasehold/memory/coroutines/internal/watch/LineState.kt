package dev.leasehold.memory.coroutines.internal.watch

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.coroutines.internal.line.ByteLine
import dev.leasehold.memory.coroutines.internal.own.CallLedger
import kotlin.time.Duration

/**
 * What all parts of one suspending pool know.
 *
 * @property pool where the memory comes from
 * @property patience how long nothing may move before a wait is taken to be in vain
 * @property calls which coroutine holds how much by `withLease`; null where that is not traced
 */
internal class LineState(
    val pool: MemoryPool,
    val line: ByteLine,
    val patience: Duration,
    val calls: CallLedger?,
    val errors: LineErrors,
)

/** Makes the exceptions that a suspending pool adds to those of pools. */
internal interface LineErrors {
    /** As many wait as may: [most]. */
    fun tooMany(message: String, poolName: String, most: Int): RuntimeException

    /** A coroutine that requested [requested] bytes, and whose scopes hold [held], would wait for itself. */
    fun deadlock(message: String, poolName: String, requested: Long, held: Long): RuntimeException
}
