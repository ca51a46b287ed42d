@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.testing.internal

import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.ScriptedRefusal
import java.util.concurrent.atomic.AtomicLong
import kotlin.time.Duration

/** A script at work, with the calls that it has met. Any thread. */
internal class RunningScript(
    private val refused: Set<Long>,
    private val refusedAfter: Long,
    private val delays: Map<Long, Duration>,
    private val delayOfAll: Duration,
    private val delayedAfter: Long,
    private val pagesRefusedAfter: Long,
) {
    private val counted = AtomicLong()
    private val countedRefusals = AtomicLong()
    private val loans = AtomicLong()

    /** Whether another script has taken its place. */
    @Volatile
    var isOver = false

    /** How many calls there were. */
    val calls: Long get() = counted.get()

    /** How many of them were refused. */
    val refusals: Long get() = countedRefusals.get()

    /** The next call comes, and waits here as long as the script says: why it is refused, or null. */
    fun next(): ScriptedRefusal? {
        val call = counted.incrementAndGet()
        val delay = delayOf(call)
        if (delay.isPositive()) pause(delay)
        if (call <= refusedAfter && call !in refused) return null
        countedRefusals.incrementAndGet()
        return Refusal("call $call is refused by the script of its FaultyMemory: change the script to let it through")
    }

    private fun delayOf(call: Long) =
        (delays[call] ?: Duration.ZERO) + if (call > delayedAfter) delayOfAll else Duration.ZERO

    private fun pause(delay: Duration) {
        try {
            Thread.sleep(delay.inWholeMilliseconds, (delay.inWholeNanoseconds % NANOS_PER_MILLI).toInt())
        } catch (_: InterruptedException) {
            // Memory does not answer to it: who interrupts finds the thread where it would be without a delay.
            Thread.currentThread().interrupt()
        }
    }

    /** See [Faults][dev.leasehold.memory.internal.spi.Faults.mayLendPages]; counts what it allows. */
    fun mayLendPages(): Boolean {
        while (true) {
            val before = loans.get()
            if (before >= pagesRefusedAfter) return false
            if (loans.compareAndSet(before, before + 1)) return true
        }
    }

    /** See [Faults][dev.leasehold.memory.internal.spi.Faults.refusalOfPages]. */
    fun refusalOfPages(): ScriptedRefusal? = if (loans.get() < pagesRefusedAfter) {
        null
    } else {
        Refusal("the script of its FaultyMemory lets it lend no pages")
    }

    private inner class Refusal(why: String) : ScriptedRefusal(why) {
        override val holds: Boolean get() = !isOver
    }

    private companion object {
        const val NANOS_PER_MILLI = 1_000_000
    }
}
