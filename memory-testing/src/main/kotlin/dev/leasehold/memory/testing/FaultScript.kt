@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.testing

import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.invalidConfiguration
import dev.leasehold.memory.testing.internal.RunningScript
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/**
 * What a [FaultyMemory] does at which call: the receiver of the blocks that write its scripts.
 *
 * A call is one request for memory, `rent` and `allocate` in all their forms, of any pool or manager of that memory; the
 * first one after the script begins has the number 1. What is refused for being wrong, such as a size above the limit,
 * is none. Where several lines speak of one call, all hold: it is delayed by the sum, and then refused.
 *
 * Read once, when the block that writes it returns; later changes have no effect. For one thread.
 */
public class FaultScript internal constructor() {
    private val refused = HashSet<Long>()
    private var refusedAfter = Long.MAX_VALUE
    private val delays = HashMap<Long, Duration>()
    private var delayOfAll = Duration.ZERO
    private var delayedAfter = 0L
    private var pagesRefusedAfter = Long.MAX_VALUE

    /**
     * Refuses the [call]: see [FaultyMemory] for how that looks.
     *
     * @throws dev.leasehold.memory.MemoryConfigurationException when [call] is not positive
     */
    public fun refuse(call: Long) {
        checkCall(call)
        refused.add(call)
    }

    /** Refuses every call. */
    public fun refuseAll(): Unit = refuseAll(0)

    /**
     * Refuses every call behind the first [after].
     *
     * @throws dev.leasehold.memory.MemoryConfigurationException when [after] is negative
     */
    public fun refuseAll(after: Long) {
        checkAfter(after)
        refusedAfter = minOf(refusedAfter, after)
    }

    /**
     * Lets the [call] wait for [by], on its thread, before it takes memory; an interrupt ends that early.
     *
     * @throws dev.leasehold.memory.MemoryConfigurationException when [call] or [by] is not positive
     */
    @JvmSynthetic
    public fun delay(call: Long, by: Duration) {
        checkCall(call)
        checkDelay(by)
        delays.merge(call, by, Duration::plus)
    }

    /** [delay] for Java. */
    public fun delay(call: Long, by: JavaDuration): Unit = delay(call, by.toKotlinDuration())

    /**
     * Lets every call behind the first [after] wait for [by], as [delay] does. Of several such lines the last holds.
     *
     * @throws dev.leasehold.memory.MemoryConfigurationException when [by] is not positive, or [after] is negative
     */
    @JvmSynthetic
    public fun delayAll(by: Duration, after: Long = 0) {
        checkAfter(after)
        checkDelay(by)
        delayOfAll = by
        delayedAfter = after
    }

    /** [delayAll] for Java. */
    @JvmOverloads
    public fun delayAll(by: JavaDuration, after: Long = 0): Unit = delayAll(by.toKotlinDuration(), after)

    /** Lets the system lend no pages: as [refusePages] after 0 of them. */
    public fun refusePages(): Unit = refusePages(0)

    /**
     * Lets the system lend no pages any more, once it has lent some [after] times. What lies idle is still found; only
     * requests that need more are refused, as they are when a machine runs out of memory.
     *
     * How many requests one loan serves is none of a user's business, and changes between versions; so `after` is for
     * code that is to meet this somewhere, and [refuse] for code that is to meet it here.
     *
     * @throws dev.leasehold.memory.MemoryConfigurationException when [after] is negative
     */
    public fun refusePages(after: Long) {
        checkAfter(after)
        pagesRefusedAfter = minOf(pagesRefusedAfter, after)
    }

    private fun checkCall(call: Long) =
        check(call > 0) { "calls are counted from 1, and the script speaks of call $call: give the number of a call" }

    private fun checkAfter(after: Long) =
        check(after >= 0) { "a script cannot begin after $after calls: give a number that is not negative" }

    private fun checkDelay(by: Duration) =
        check(by.isPositive()) { "a delay must be positive, and was $by: give a positive one, or leave the line out" }

    private inline fun check(holds: Boolean, message: () -> String) {
        if (!holds) throw invalidConfiguration(message())
    }

    /** What this says, from now on without a change. */
    internal fun read(): RunningScript = RunningScript(
        refused.toSet(),
        refusedAfter,
        delays.toMap(),
        delayOfAll,
        delayedAfter,
        pagesRefusedAfter,
    )
}
