package dev.leasehold.memory.internal.epoch

import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.locks.LockSupport

/**
 * The one daemon thread of the library: it retires epochs, so that no renter waits for a handshake.
 *
 * Started with the first epoch that completes. A renter that is far ahead of it helps itself ([EpochLedger.grant]).
 */
internal object Retirer {
    private val work = ConcurrentLinkedQueue<() -> Boolean>()
    private val queued = ConcurrentHashMap.newKeySet<Any>()
    private val thread: Thread by lazy {
        Thread.ofPlatform().daemon().name("leasehold-epochs").start(::run)
    }

    /** Retires what is complete in [ledger], soon. */
    fun retire(ledger: EpochLedger) = submit(ledger) { ledger.retireCompleted() }

    /** Reports for the idle threads of [ledger]'s pool, soon. */
    fun settle(ledger: EpochLedger) = submit(SettleOf(ledger)) {
        ledger.settleIfBehind()
        true
    }

    /** Runs [task], known as [key], again and again until it answers that it is done. */
    fun untilDone(key: Any, task: () -> Boolean) = submit(key, task)

    private data class SettleOf(val ledger: EpochLedger)

    private fun submit(key: Any, task: () -> Boolean) {
        if (!queued.add(key)) return
        work.add {
            queued.remove(key)
            task() || !queued.add(key)
        }
        LockSupport.unpark(thread)
    }

    private fun run() {
        while (true) {
            val task = work.poll()
            if (task == null) LockSupport.park(this) else perform(task)
        }
    }

    private fun perform(task: () -> Boolean) {
        val done = try {
            task()
        } catch (failure: Throwable) {
            System.getLogger(
                "dev.leasehold.memory",
            ).log(System.Logger.Level.ERROR, "an epoch could not be retired", failure)
            true
        }
        if (done) return
        // A view is in use by a native call: its end gives no notice, so look again in a moment.
        LockSupport.parkNanos(this, RETRY_NANOS)
        work.add(task)
    }

    private const val RETRY_NANOS = 1_000_000L
}
