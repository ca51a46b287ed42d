package dev.leasehold.memory.race

import dev.leasehold.memory.support.Lender
import dev.leasehold.memory.support.together
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_LONG
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.atomic.AtomicReferenceArray

/**
 * Rents, fills each lease with its own number, looks whether the number is still everywhere, closes, and keeps the
 * raw view; while
 * hostile threads read and write through every view that was kept.
 *
 * A lease that holds anything but its own number, or a kept view that shows the number of a later lease, is a
 * violation.
 */
internal class EpochIsolation(private val lender: Lender, private val sizes: LongArray) {
    private class Kept(val view: MemorySegment, val id: Long)

    private val kept = AtomicReferenceArray<Kept?>(KEPT)
    private val ids = AtomicLong()
    private val working = AtomicInteger()

    @Volatile private var failed = false

    /** How many accesses through kept views went through, and how many were refused. */
    val hostileAccesses = AtomicLong()
    val refusals = AtomicLong()

    /** Runs [victims] threads, [rounds] leases each, against [hostile] threads. */
    fun run(victims: Int, hostile: Int, rounds: Int, virtual: Boolean = false) {
        working.set(victims)
        // The hostile spin, which on virtual threads would keep the carriers from all others.
        together(victims + hostile, { virtual && it < victims }) { worker ->
            if (worker < victims) {
                try {
                    for (round in 0 until rounds) if (!failed) rentOnce(round)
                } catch (failure: Throwable) {
                    failed = true
                    throw failure
                } finally {
                    working.decrementAndGet()
                }
            } else {
                // The last pass begins when all has been kept, however little of the processors the hostile get before.
                do {
                    val last = working.get() == 0
                    attack(worker)
                } while (!last)
            }
        }
    }

    /** Checks that no kept view works any more, after all leases have ended and their epochs have retired. */
    fun shouldAllBeRefused() {
        for (slot in 0 until KEPT) {
            val target = kept.get(slot) ?: continue
            try {
                val found = target.view.get(JAVA_LONG, 0)
                throw AssertionError("the view of lease ${target.id} shows $found after its epoch has retired")
            } catch (_: IllegalStateException) {
                refusals.incrementAndGet()
            }
        }
        check(refusals.get() > 0) { "nothing was kept" }
    }

    private fun rentOnce(round: Int) {
        val held = lender.lend(sizes[round % sizes.size]) ?: return Thread.yield()
        val id = ids.incrementAndGet()
        val view = held.view
        for (at in 0 until view.byteSize() step 8) view.set(JAVA_LONG, at, id)
        if (round % 256 == 0) Thread.yield()
        for (at in 0 until view.byteSize() step 8) {
            val found = view.get(JAVA_LONG, at)
            if (found != id) throw AssertionError("lease $id holds $found at $at of ${view.byteSize()} bytes")
        }
        held.end()
        kept.set((id % KEPT).toInt(), Kept(view, id))
    }

    private fun attack(worker: Int) {
        for (index in 0 until KEPT) {
            val slot = (index * 7 + worker) % KEPT
            val target = kept.get(slot) ?: continue
            try {
                val found = target.view.get(JAVA_LONG, 0)
                if (found != target.id && found != HOSTILE) {
                    failed = true
                    throw AssertionError("a kept view of lease ${target.id} shows $found")
                }
                target.view.set(JAVA_LONG, 0, HOSTILE)
                target.view.set(JAVA_LONG, target.view.byteSize() - 8, HOSTILE)
                hostileAccesses.addAndGet(2)
            } catch (_: IllegalStateException) {
                refusals.incrementAndGet()
                kept.compareAndSet(slot, target, null)
            }
        }
        Thread.yield()
    }

    private companion object {
        const val KEPT = 256
        const val HOSTILE = -0x0BADL
    }
}
