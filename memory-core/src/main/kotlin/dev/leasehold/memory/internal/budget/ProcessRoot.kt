package dev.leasehold.memory.internal.budget

import dev.leasehold.memory.internal.platform.Background
import dev.leasehold.memory.internal.platform.Log
import dev.leasehold.memory.internal.platform.ProcessTotal
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicLong
import kotlin.time.Duration.Companion.seconds

/**
 * The root of the process. Its limit is [read] from the system and followed when that changes, until one is set; and
 * what other copies of this library hold, in class loaders of their own, takes room from it.
 *
 * A reservation is claimed in the [total] that all copies share first, by a compare-and-set that keeps the limit, and
 * counted here afterwards; a release goes the other way. So all copies together never stand above the limit of the one
 * that reserves last. The gate of this tree does not stop other copies: while one of them is refused, its claim may be
 * seen for some instructions as if it had been granted, and refuse another.
 *
 * Where a system is looked at the reservation does not wait for it: the limit is read in the background, every
 * [PERIOD_NANOS] at the most while memory comes from the system, and soon after a refusal.
 *
 * @param total null where this copy can reach none
 */
internal class ProcessRoot private constructor(
    name: String,
    private val total: ProcessTotal?,
    private val read: () -> Long,
    private val own: AtomicLong,
) : BudgetNode(name, read(), null, own) {
    override val outside: Long get() = if (total == null) 0 else maxOf(0, total.bytes - own.get())

    @Volatile
    private var isSet = false
    private val isLooking = AtomicBoolean()
    private val lookedAt = AtomicLong(System.nanoTime())

    override var limit: Long
        get() = super.limit
        set(value) {
            isSet = true
            super.limit = value
        }

    override fun claim(more: Long): Boolean {
        val claimed = total == null || total.claim(more, super.limit)
        expectLook(if (claimed) PERIOD_NANOS else AFTER_REFUSAL_NANOS)
        return claimed
    }

    override fun unclaim(fewer: Long) {
        total?.release(fewer)
    }

    override fun refusing(): Unit = expectLook(AFTER_REFUSAL_NANOS)

    private fun expectLook(pause: Long) {
        if (isSet || System.nanoTime() - lookedAt.get() < pause || !isLooking.compareAndSet(false, true)) return
        try {
            Background.submit(::look)
        } catch (_: Throwable) {
            // The heap is full, and no reason to stop a reservation halfway. The next one looks.
            isLooking.set(false)
        }
    }

    /** Follows the system's limit. */
    fun look() {
        lookedAt.set(System.nanoTime())
        isLooking.set(false)
        val before = super.limit
        val now = read()
        if (isSet || now == before) return
        gate.alone { if (!isSet) follow(now) }
        limitChanged()
        Log.info("the limit of the budget '$name' follows the system's: ${ByteText.ofLimit(now)}")
    }

    internal companion object {
        private val PERIOD_NANOS = 10.seconds.inWholeNanoseconds
        private val AFTER_REFUSAL_NANOS = 1.seconds.inWholeNanoseconds

        /** Makes the root, which counts in [total] from now on. */
        fun make(name: String, total: ProcessTotal?, read: () -> Long): ProcessRoot {
            val own = AtomicLong()
            total?.join(own)
            return ProcessRoot(name, total, read, own)
        }
    }
}
