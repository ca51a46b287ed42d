package dev.leasehold.memory.internal.platform

import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicReference
import java.util.concurrent.locks.LockSupport
import kotlin.time.Duration.Companion.seconds

/**
 * What one owner of memory has to have done for it off the paths of its callers: it is [looked][look] after once a
 * second from when something is [expected][expect] until there is nothing left to do.
 *
 * All upkeep of the process is done on one round of the background thread, which wakes once a second while there is
 * any, and not at all when there is none. Any thread.
 */
internal abstract class Upkeep {
    private val watched = AtomicBoolean()

    /** The next of those that are to join the round, and the next on it. Kept by the round. */
    @JvmField var nextJoining: Upkeep? = null

    @JvmField var nextOnRound: Upkeep? = null

    /** Whether it has its last look at the next round; see there. */
    @JvmField var isLeaving: Boolean = false

    /** Whether it is on the round. */
    @JvmField var isOnRound: Boolean = false

    /** Does what is to be done now; false when there is nothing more to do. On the background thread only. */
    protected abstract fun look(): Boolean

    /**
     * Something may have to be done: this is looked after from now on. Costs two reads when it is already. Never fails,
     * and allocates nothing: it is called at the end of closes.
     */
    fun expect() {
        // The heap may have been full when the next round was to be scheduled, or a thread was to be started for it.
        if (watched.get() && UpkeepRound.isScheduled.get() && !Background.isStuck) return
        try {
            StackRoom.require(CALLS)
            if (Background.isStuck) Background.start()
            join()
        } catch (_: StackOverflowError) {
            joinTheNext()
        }
    }

    // There is no room to schedule a round: the one that is on its way, or the next, comes by here.
    private fun joinTheNext() {
        try {
            if (watched.compareAndSet(false, true)) UpkeepRound.addToTheNext(this)
        } catch (_: StackOverflowError) {
            // The next to call has more room.
            return
        }
    }

    private fun join() {
        if (watched.compareAndSet(false, true)) UpkeepRound.add(this) else UpkeepRound.seeToNext()
    }

    /** [look], where what it throws goes to the log. */
    fun lookSafely(): Boolean = try {
        look()
    } catch (_: LinkageError) {
        // The class loader of the library was closed before this was done for the first time, and is about to go: to
        // try again would keep it.
        false
    } catch (failure: Throwable) {
        Log.tryError(failure) { "in the background: the upkeep of idle memory failed, and is tried again" }
        true
    }

    /** Lets [expect] add this again. */
    fun stopWatching(): Unit = watched.set(false)

    private companion object {
        /** What it takes to schedule a round. Less than what closes look for, which end with this. */
        const val CALLS = 24
    }
}

/**
 * The round that all upkeep is done on. The list of it goes through what is on it, so that a full heap stops nothing.
 *
 * Who has nothing to do leaves; but somebody may have expected it a moment before, and have seen it on the round, when
 * the look could not see yet what is to be done. So its last look comes a round later, and what is expected after that
 * finds it gone.
 */
internal object UpkeepRound {
    private val joining = AtomicReference<Upkeep?>()

    /** Whether a round is on its way. */
    @JvmField val isScheduled: AtomicBoolean = AtomicBoolean()

    // Only on the round.
    private var first: Upkeep? = null

    // Made once: a round that ends schedules the next, also when the heap is full.
    private val round: () -> Unit = ::run

    /** Has [upkeep] on the round from now on. */
    fun add(upkeep: Upkeep) {
        addToTheNext(upkeep)
        seeToNext()
    }

    /** [add] without seeing to it that there is a round. */
    fun addToTheNext(upkeep: Upkeep) {
        while (true) {
            val seen = joining.get()
            upkeep.nextJoining = seen
            if (joining.compareAndSet(seen, upkeep)) return
        }
    }

    /** Has the next round in a second, unless it is on its way. */
    fun seeToNext() {
        if (!isScheduled.compareAndSet(false, true)) return
        // Else the next that comes tries again.
        if (!Background.trySchedule(PERIOD, round)) isScheduled.set(false)
    }

    private fun run() {
        while (true) {
            var isOver = false
            try {
                isOver = goRound()
            } finally {
                // Whatever it threw: not in a catch, because with a full heap the virtual machine may find none, when it
                // has to look up the class that is caught.
                if (isOver) return
                // The heap is too full, and nobody else may come: so this thread stays.
                LockSupport.parkNanos(PERIOD.inWholeNanoseconds)
                continue
            }
        }
    }

    /** Looks after all, and sees to the next round; false when that could not be scheduled. */
    private fun goRound(): Boolean {
        try {
            admit()
            lookAfterAll()
            if (first != null) return Background.trySchedule(PERIOD, round)
            // What comes from here on finds that no round is on its way; what came before is found here.
            isScheduled.set(false)
            if (joining.get() != null) seeToNext()
        } catch (_: LinkageError) {
            // As in lookSafely: this thread must not stay. Who expects something later begins anew.
            isScheduled.set(false)
        }
        return true
    }

    private fun admit() {
        var next = joining.getAndSet(null)
        while (next != null) {
            val upkeep = next
            next = upkeep.nextJoining
            upkeep.nextJoining = null
            upkeep.isLeaving = false
            if (upkeep.isOnRound) continue
            upkeep.isOnRound = true
            upkeep.nextOnRound = first
            first = upkeep
        }
    }

    private fun lookAfterAll() {
        var before: Upkeep? = null
        var next = first
        while (next != null) {
            val upkeep = next
            next = upkeep.nextOnRound
            val hasMore = upkeep.lookSafely()
            if (!hasMore && upkeep.isLeaving) {
                if (before == null) first = next else before.nextOnRound = next
                upkeep.nextOnRound = null
                upkeep.isOnRound = false
                upkeep.isLeaving = false
                continue
            }
            before = upkeep
            if (!hasMore) {
                upkeep.isLeaving = true
                upkeep.stopWatching()
            } else if (upkeep.isLeaving) {
                // It joins again, which keeps it here.
                upkeep.isLeaving = false
                upkeep.expect()
            }
        }
    }

    private val PERIOD = 1.seconds
}
