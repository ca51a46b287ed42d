package dev.leasehold.memory.internal.epoch

import dev.leasehold.memory.internal.block.Arenas
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.locks.LockSupport

/** The daemon thread that retires epochs, so that no caller waits for a handshake. Started with the first epoch that completes. */
internal object Retirer {
    private val work = ConcurrentLinkedQueue<() -> Boolean>()
    private val queued = ConcurrentHashMap.newKeySet<Any>()
    private val thread: Thread by lazy {
        Thread.ofPlatform().daemon().name("leasehold-epochs").start(::run)
    }

    /** Retires what is complete in [ledger], soon. */
    fun retire(ledger: EpochLedger) = untilDone(ledger) {
        val _ = ledger.retireCompleted()
        !ledger.isBehind
    }

    /** Cuts off all views in [arenas]: at once, or, while a native call uses one, when that is over. */
    fun cutOff(arenas: Arenas) {
        if (!arenas.closeAll()) untilDone(arenas, arenas::closeAll)
    }

    /** Runs [task], known as [key], again and again until it returns true. */
    fun untilDone(key: Any, task: () -> Boolean) {
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
            System.getLogger("dev.leasehold.memory")
                .log(System.Logger.Level.ERROR, "an epoch could not be retired", failure)
            true
        }
        if (done) return
        // A native call uses a view, and its end gives no notice: look again in a moment.
        LockSupport.parkNanos(this, RETRY_NANOS)
        work.add(task)
    }

    private const val RETRY_NANOS = 1_000_000L
}
