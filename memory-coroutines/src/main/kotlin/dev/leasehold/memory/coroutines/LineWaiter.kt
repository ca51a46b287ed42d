package dev.leasehold.memory.coroutines

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater

/** One who waits for [bytes] in a [ByteLine]: a coroutine, a thread or a future. */
internal abstract class LineWaiter(@JvmField val bytes: Long) {
    /** The one behind in the line. */
    @Volatile
    @JvmField
    var next: LineWaiter? = null

    /** The one to be told after this one. Belongs to the consumer of the line, then to the teller. */
    @JvmField
    var nextTold: LineWaiter? = null

    @Volatile
    private var status = WAITING

    /** What its scopes could hold of what it waits for; null when it has none. */
    open val chain: ScopeChain? get() = null

    val isWaiting: Boolean get() = status == WAITING

    val isGone: Boolean get() = status == GONE

    /** Whether it has its bytes; else, once it is told, it was refused. */
    val isGranted: Boolean get() = status == GRANTED

    fun grant(): Boolean = STATUS.compareAndSet(this, WAITING, GRANTED)

    fun refuse(): Boolean = STATUS.compareAndSet(this, WAITING, REFUSED)

    fun goAway(): Boolean = STATUS.compareAndSet(this, WAITING, GONE)

    /** Hears that it was granted or refused. On the thread of whoever caused it, which holds nothing. */
    abstract fun told()

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
