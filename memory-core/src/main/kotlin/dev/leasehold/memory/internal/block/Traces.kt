package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.Events
import dev.leasehold.memory.internal.platform.StackRoom
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.Duration.Companion.seconds

/**
 * How one pool or manager watches what it gives out.
 *
 * @property areWhole whether all is watched, with the place of its close
 * @property keepsLost whether memory that was lost stays out, also when no view can reach it
 */
internal class TraceRules(val areWhole: Boolean = false, val keepsLost: Boolean = false)

/**
 * What one pool or manager watches of all that it has given out. Any thread.
 *
 * @property owner the pool or manager
 */
internal class Traces(val owner: Owner, private val rules: TraceRules) {
    private val open: MutableSet<Trace> = ConcurrentHashMap.newKeySet()

    /** When the last one that no thread's cache had drawn was taken. */
    @Volatile
    private var drawnAt = System.nanoTime() - Sampling.LEAST_GAP_NANOS

    /** Whether it keeps the memory of what was lost, which no view reaches any more. */
    val keepsLost: Boolean get() = rules.keepsLost

    /** Whether all are watched, with the place of their close. */
    val areWhole: Boolean get() = rules.areWhole

    /** Finds writes into what was watched and closed; null where that cannot be. */
    var lateWrites: LateWrites? = null

    /** Whether the next one is to be watched that no thread's cache has drawn. */
    fun draw(): Boolean {
        if (!Sampling.draw()) return false
        val now = System.nanoTime()
        if (!Sampling.mayFollow(drawnAt, now)) return false
        drawnAt = now
        return true
    }

    /** A trace for [size] bytes that are being taken, for [renter] if that is not null, and were [asked] for. */
    fun start(size: Long, renter: String? = null, asked: Site? = null): Trace {
        StackRoom.require(CALLS)
        Events.tell { it.rented(owner.name, size, Tag.current) }
        return Trace(this, size, renter, Tag.current, asked ?: Site.ofCaller())
    }

    /** [start] of one of a sample; null where there is no heap or stack for that, and the rent goes on without it. */
    fun sample(size: Long, renter: String? = null, asked: Site? = null): Attachment? = try {
        val trace = start(size, renter, asked)
        Attachment().also { it.trace = trace }
    } catch (_: VirtualMachineError) {
        null
    }

    fun add(trace: Trace) {
        open.add(trace)
        if (this !in all) all.add(this)
        LostTraces.expect()
        if (!isSettling.get() && isSettling.compareAndSet(false, true)) settleSoon()
    }

    fun remove(trace: Trace) {
        open.remove(trace)
        if (open.isNotEmpty() || !all.remove(this)) return
        // One may have come since, which found this among all.
        if (open.isNotEmpty()) all.add(this)
    }

    /** What is watched and not closed. */
    fun open(): List<Trace> = open.filter { it.isOpen }

    /** Ends the watch over all: they were taken back, and were not forgotten. */
    fun end() {
        for (trace in open) trace.takenBack()
    }

    companion object {
        private val all: MutableSet<Traces> = ConcurrentHashMap.newKeySet()
        private val isSettling = AtomicBoolean()

        // What it takes to walk the stack, or to load what that needs.
        private const val CALLS = 96

        init {
            // With the first pool, because a class whose making finds no stack or heap can never be made again.
            val none = Traces(Owner(OwnerKind.POOL, ""), TraceRules())
            LostTraces.watch(none, Trace(none, 0, null, Tag.current, Site.UNKNOWN)).clear()
        }

        /** What is watched and not closed, of all pools and managers. */
        fun allOpen(): List<Trace> = all.flatMap { it.open() }

        /** [allOpen], and what was lost and has not been reported to all who listen. */
        fun allOut(): List<Trace> = all.flatMap { of -> of.open.filter { it.isOpen || it.isLost } }

        /** Whether anything is watched. */
        val areAny: Boolean get() = all.isNotEmpty()

        private fun settleSoon() {
            if (!Background.trySchedule(1.seconds, ::settle)) isSettling.set(false)
        }

        private fun settle() {
            // What comes from here on schedules the next.
            isSettling.set(false)
            try {
                for (traces in all) for (trace in traces.open) trace.site.settle()
            } catch (_: LinkageError) {
                // As at collections.
                return
            }
        }
    }
}
