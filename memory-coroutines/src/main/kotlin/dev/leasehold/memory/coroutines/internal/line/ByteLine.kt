@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.line

import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.LeftOver
import dev.leasehold.memory.internal.spi.LineWaits
import dev.leasehold.memory.internal.spi.WaitOutcome
import dev.leasehold.memory.internal.spi.requireStack
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.atomic.AtomicReference

/*
 * The bytes of a suspending pool, and the line of the requests that wait for some.
 *
 * All that a free pool needs is one number, the state:
 *
 *    63     62      61 … 0
 *   LINE  CLOSED    free bytes
 *
 * A request that finds the state non-negative and enough bytes free takes them with one compare-and-set, and gives them
 * back with one addition. LINE makes the number negative, so the very comparison that looks for bytes fails while a
 * request waits: none overtakes another, and a large one is not starved by small ones. An addition that met LINE goes
 * on to serve the line.
 *
 *   joined ──▶ WAITING ──▶ GRANTED   the bytes are the waiter's before it is notified
 *                 │ └────▶ REFUSED   the line was closed
 *                 └──────▶ GONE      cancelled or timed out
 *
 * One compare-and-set on the waiter decides between these. Where a coroutine is cancelled after its grant, and before
 * it ran, its continuation says so (the handler given to `resume`), and its bytes go back there; so bytes are always
 * owned by the state, by a waiter, or by code that runs.
 *
 * No thread holds a lock, and none blocks. Waiters arrive on a linked queue with many producers and one consumer
 * (Vyukov). A thread that has a reason to look at it calls serve: the first caller becomes the consumer, and those that
 * come while it is at work only leave a count that makes it look again. It sets LINE when the first in line cannot have
 * its bytes, in the same atomic step that found too few of them free, and clears it when the queue is empty. It
 * notifies those that it granted after it has stopped being the consumer, because that may run their code on the spot.
 *
 * What others give back while a thread serves the line is handed out by that thread, a moment later. Until then
 * `tryTake` refuses, though bytes are free and no request may be left to wait for them: it is allowed to, as it may
 * always be a moment too early. A waiter needs no such leave; it is in the line, and that thread will look again.
 *
 * Under contention each of these numbers costs a trip between processors, so two trips are saved. A waiter that joins
 * and sees LINE does not call serve: it has linked itself before it looked, and the consumer that clears LINE looks at
 * the queue again afterwards, so one of the two sees the other. And bytes that come back while LINE is set go straight
 * to the first in line when it requested exactly as many, and never into the state.
 *
 * Waiters that are gone from the middle of the queue are dropped when they come first, or by a sweep when there are
 * more of them than of the others, so a stuck first waiter does not let those pile up that time out behind it.
 *
 * Rejected: a lock round a list (a thread that loses its processor inside stops all; with two threads that meet often,
 * parking costs more than the rest together); a semaphore with a permit a byte (no such thing acquires many at once in
 * order); giving the bytes to the state and letting the woken waiter take them (others overtake it).
 */

/**
 * The free bytes out of [capacity], and the line for them, in which at most [maxWaiters] wait. Any thread.
 *
 * @param waits where waits are counted, once each, by what ends them
 * @param joined runs when a waiter has joined; must not throw
 */
internal open class ByteLine(
    capacity: Long,
    private val maxWaiters: Int,
    private val waits: LineWaits? = null,
    private val joined: () -> Unit = {},
) {
    /** How many bytes there are in all; more is never requested. */
    @JvmField val capacity: Long = minOf(capacity, MOST_BYTES)

    protected val state: AtomicLong = AtomicLong(this.capacity)

    /** The newest arrival; from [served] on, each waiter points to the one behind it. */
    private val newest: AtomicReference<LineWaiter>

    /** The one last taken off the line, whose next is the first in it. Belongs to the consumer. */
    private var served: LineWaiter = Head()

    /** How many calls of [serve] have not been served. */
    private val calls = AtomicInteger()
    private val waiting = AtomicInteger()
    private val gone = AtomicInteger()
    private val mostWaiting = AtomicInteger()
    private val grants = AtomicLong()

    /** A call of [serve] that found no room on its stack. */
    private val unserved = LeftOver {
        serve()
        false
    }

    init {
        newest = AtomicReference(served)
    }

    /** How many bytes are out. */
    val used: Long get() = capacity - (state.get() and FREE)

    /** How many wait now, how many did at most, and how many have waited and got what they waited for. */
    val waiters: Int get() = waiting.get()
    val peakWaiters: Int get() = mostWaiting.get()
    val servedWaiters: Long get() = grants.get()

    val isClosed: Boolean get() = state.get() and CLOSED != 0L

    /**
     * Takes [bytes] when they are free, no request waits, and no other thread is handing bytes out. A negative number
     * is refused like too large a one. Open for a test that overtakes.
     */
    open fun tryTake(bytes: Long): Boolean {
        while (true) {
            val seen = state.get()
            if (seen < bytes || bytes < 0) return false
            if (state.compareAndSet(seen, seen - bytes)) return true
        }
    }

    /** Gives back [bytes] that were taken. Never fails. */
    fun giveBack(bytes: Long) {
        if (state.get() < 0) return handOver(bytes)
        if (state.getAndAdd(bytes) < 0) serve()
    }

    /** Whether there are too many in the line for one more. A moment's truth. */
    val isFull: Boolean get() = waiting.get() >= maxWaiters

    /**
     * Puts [waiter] at the end of the line; it may be notified before this returns. False, and it is not in the line,
     * when there are too many. For a caller that has [begun][begin]; then it does not fail.
     */
    @IgnorableReturnValue
    fun join(waiter: LineWaiter): Boolean {
        if (!admit(waiter)) return false
        newest.getAndSet(waiter).next = waiter
        val seen = state.get()
        if (seen >= 0 || seen and CLOSED != 0L) serveNow()
        joined()
        return true
    }

    /**
     * The wait of [waiter] begins, which is not known to others yet, and is about to [join].
     *
     * @throws StackOverflowError when there is no room for that
     */
    fun begin(waiter: LineWaiter) {
        requireStack(CALLS_TO_JOIN)
        waiter.record = waits?.begin(waiter.bytes)
    }

    private fun ended(waiter: LineWaiter, outcome: WaitOutcome) {
        waits?.end(outcome, waiter.since, waiter.record)
    }

    private fun admit(waiter: LineWaiter): Boolean {
        val now = waiting.incrementAndGet()
        if (now > maxWaiters) {
            waiting.decrementAndGet()
            // It may have been cancelled already, which has counted.
            if (!waiter.goAway()) {
                waiting.incrementAndGet()
                gone.decrementAndGet()
            }
            return false
        }
        while (true) {
            val most = mostWaiting.get()
            if (now <= most || mostWaiting.compareAndSet(most, now)) return true
        }
    }

    /** Takes [waiter] out of the line, with [outcome], unless it has its bytes, or was refused, already. */
    fun abandon(waiter: LineWaiter, outcome: WaitOutcome): Boolean {
        if (!waiter.goAway()) return false
        waiting.decrementAndGet()
        gone.incrementAndGet()
        ended(waiter, outcome)
        // It may have been first, and those behind content with less.
        serve()
        return true
    }

    /** Refuses all in the line, and all that join from now on. Bytes still come back. */
    fun close() {
        // Not getAndUpdate, which the model checker of the tests does not look into.
        do {
            val seen = state.get()
        } while (!state.compareAndSet(seen, seen or CLOSED or LINE))
        serve()
    }

    /** The waiters before [waiter], the first first; none when it does not wait. For diagnosis: they move on. */
    fun waitingBefore(waiter: LineWaiter): List<LineWaiter> {
        val found = ArrayList<LineWaiter>()
        for (at in inLine()) {
            if (at === waiter) return if (waiter.isWaiting) found else emptyList()
            if (at.isWaiting) found += at
        }
        return emptyList()
    }

    /** The first in line, for diagnosis likewise. */
    val first: LineWaiter? get() = inLine().firstOrNull { it.isWaiting }

    /** All that have joined. From one that has been served since, the way still leads to the others. */
    private fun inLine(): Sequence<LineWaiter> {
        // Read first, so that this sees what the consumer left when it last laid the work down.
        val _ = calls.get()
        return generateSequence(served.next) { it.next }
    }

    // ---- the consumer ----

    // Where there is no room on the stack for it, the background thread does it: the caller is done.
    private fun serve(): Unit = if (hasRoom()) serveNow() else unserved.expect()

    private fun serveNow() {
        if (calls.getAndIncrement() == 0) consume(null)
    }

    private fun hasRoom(): Boolean = try {
        requireStack(CALLS)
        true
    } catch (_: StackOverflowError) {
        false
    }

    /** Gives back [bytes] while a request waits: at best to the first in line, past the contended state. */
    private fun handOver(bytes: Long) {
        if (!hasRoom()) {
            state.getAndAdd(bytes)
            return unserved.expect()
        }
        if (calls.getAndIncrement() != 0) {
            state.getAndAdd(bytes)
            return serveNow()
        }
        val successor = successorOf(bytes)
        if (successor == null) state.getAndAdd(bytes)
        consume(successor)
    }

    /**
     * The first in line, if it waits for exactly [bytes] and has them now. Only the consumer clears [LINE], or grants.
     */
    private fun successorOf(bytes: Long): LineWaiter? {
        val seen = state.get()
        if (seen >= 0 || seen and CLOSED != 0L) return null
        val first = served.next ?: return null
        if (first.bytes != bytes || !first.grant()) return null
        served = first
        countGrant(first)
        return first
    }

    /**
     * Serves the line until no call is left, and then notifies [successor], which has been served already, and all others.
     */
    private fun consume(successor: LineWaiter?) {
        var first = successor
        var last = successor
        var handled = 1
        do {
            while (true) {
                val next = next() ?: break
                if (last == null) first = next else last.nextNotified = next
                last = next
            }
            handled = calls.addAndGet(-handled)
        } while (handled != 0)
        if (first != null) Notifications.all(first)
    }

    /** Takes the first off the line when it can be granted or refused; null when it cannot. */
    private fun next(): LineWaiter? {
        while (true) {
            val first = served.next
            if (first == null) {
                reopen()
                // A waiter that joined before LINE was cleared has not called serve.
                if (served.next == null) return null
                continue
            }
            if (isClosed) {
                served = first
                if (first.refuse()) return first.also(::countRefusal)
                gone.decrementAndGet()
            } else if (first.isGone) {
                served = first
                gone.decrementAndGet()
            } else if (takeForLine(first.bytes)) {
                served = first
                if (first.grant()) return first.also(::countGrant)
                gone.decrementAndGet()
                // No other thread serves, so the bytes are only put back.
                state.getAndAdd(first.bytes)
            } else {
                sweepIfWorthIt()
                return null
            }
        }
    }

    private fun countGrant(waiter: LineWaiter) {
        waiting.decrementAndGet()
        grants.lazySet(grants.get() + 1)
        ended(waiter, WaitOutcome.SERVED)
    }

    private fun countRefusal(waiter: LineWaiter) {
        waiting.decrementAndGet()
        ended(waiter, WaitOutcome.CLOSED)
    }

    /** Takes [bytes] for the first in line; or, in one step, finds too few and sets [LINE]. Open for a test. */
    protected open fun takeForLine(bytes: Long): Boolean {
        while (true) {
            val seen = state.get()
            val enough = seen and FREE >= bytes
            if (!enough && seen < 0) return false
            if (state.compareAndSet(seen, if (enough) seen - bytes else seen or LINE) && enough) return true
        }
    }

    /** Clears [LINE]. A waiter that has joined since either calls serve, or is seen by the consumer's next look. */
    private fun reopen() {
        while (true) {
            val seen = state.get()
            if (seen >= 0 || seen and CLOSED != 0L) return
            if (state.compareAndSet(seen, seen and LINE.inv())) return
        }
    }

    private fun sweepIfWorthIt() {
        val seen = gone.get()
        if (seen < FEWEST_TO_SWEEP || seen < waiting.get()) return
        var kept = served
        var removed = 0
        while (true) {
            val next = kept.next ?: break
            val behind = next.next
            // The newest stays, gone or not: the next one to arrive links to it.
            if (behind != null && next.isGone) {
                kept.next = behind
                removed++
            } else {
                kept = next
            }
        }
        gone.addAndGet(-removed)
    }

    private class Head : LineWaiter(0) {
        override fun notified() = Unit
    }

    protected companion object {
        const val LINE = Long.MIN_VALUE
        const val CLOSED = 1L shl 62
        const val FREE = CLOSED - 1
        private const val MOST_BYTES = FREE
        private const val FEWEST_TO_SWEEP = 32

        /** How deep serving the line goes. Less than what the closes look for, which end with it. */
        private const val CALLS = 20

        /** The same, with what a coroutine's continuation does before. */
        private const val CALLS_TO_JOIN = 32
    }
}
