@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.internal.line

import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.WaitRecord
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater

/** A request for [bytes] that waits in a [ByteLine]: of a coroutine, a thread or a future. */
internal abstract class LineWaiter(@JvmField val bytes: Long) : Notified() {
    /** When it was made, which is just before it joins, as [System.nanoTime] has it. */
    @JvmField
    val since: Long = System.nanoTime()

    /** What records the wait, if anything does. Written before another thread can end it. */
    @JvmField
    var record: WaitRecord? = null

    /** The one behind in the line. */
    @Volatile
    @JvmField
    var next: LineWaiter? = null

    @Volatile
    private var status = WAITING

    val isWaiting: Boolean get() = status == WAITING

    val isGone: Boolean get() = status == GONE

    /** Whether it has its bytes; else, once it was notified, it was refused. */
    val isGranted: Boolean get() = status == GRANTED

    fun grant(): Boolean = STATUS.compareAndSet(this, WAITING, GRANTED)

    fun refuse(): Boolean = STATUS.compareAndSet(this, WAITING, REFUSED)

    fun goAway(): Boolean = STATUS.compareAndSet(this, WAITING, GONE)

    private companion object {
        const val WAITING = 0
        const val GRANTED = 1
        const val REFUSED = 2
        const val GONE = 3

        @JvmField
        val STATUS: AtomicIntegerFieldUpdater<LineWaiter> =
            AtomicIntegerFieldUpdater.newUpdater(LineWaiter::class.java, "status")
    }
}
