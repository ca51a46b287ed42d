package dev.leasehold.memory.contract.view

import dev.leasehold.memory.MemoryClosedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.access
import dev.leasehold.memory.readOnly
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.onThread
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_INT
import java.lang.foreign.ValueLayout.JAVA_LONG
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.system.exitProcess

/**
 * Closes leases under code that the compiler knows well, and counts the accesses that were let through.
 *
 * Started once for each way of running code: interpreted, C1 and C2. Prints one line with the verdict.
 */
internal object ClosedViewMain {
    private const val SIZE = 1024L
    private var checks = 0
    private var sink = 0L

    @JvmStatic
    fun main(args: Array<String>) {
        val rounds = args[0].toInt()
        val pool = MemoryPool.isolated("views")
        warm(pool, rounds)
        closedViews(pool, rounds)
        closedInTheMiddle(pool, rounds)
        onThread("warm again") { closedViews(pool, rounds) }
        onVirtualThread { closedViews(pool, rounds) }
        onVirtualThread { closedInTheMiddle(pool, rounds) }
        repeat(20) { closedUnderReaders() }
        retiredViews(pool, rounds)
        ClosedBlockViews.run(rounds)
        check(pool.stats().used == 0L) { "used: ${pool.stats()}" }
        println("VERDICT: all refused, $checks checks, sum $sink")
        exitProcess(0)
    }

    private fun onVirtualThread(work: () -> Unit) {
        var failure: Throwable? = null
        Thread.ofVirtual().start { failure = runCatching(work).exceptionOrNull() }.join()
        failure?.let { throw it }
    }

    private fun read(view: MemorySegment, at: Long): Int = view.get(JAVA_INT, at)

    private fun write(view: MemorySegment, at: Long, value: Int) = view.set(JAVA_INT, at, value)

    private fun sum(view: MemorySegment): Long {
        var sum = 0L
        for (at in 0 until SIZE step 8) sum += view.get(JAVA_LONG, at)
        return sum
    }

    private fun warm(pool: MemoryPool, rounds: Int) {
        repeat(rounds) { round ->
            pool.rent(SIZE).use { lease ->
                write(lease.asMemorySegment(), 0, round)
                sink += read(lease.asMemorySegment(), 0) + sum(lease.asMemorySegment())
            }
        }
    }

    private fun closedViews(pool: MemoryPool, rounds: Int) = repeat(rounds / 4) {
        val lease = pool.rent(SIZE)
        val view = lease.asMemorySegment()
        val slice = view.asSlice(64, 64)
        val readOnly = view.asReadOnly()
        val buffer = lease.asByteBuffer()
        lease.close()
        refused("read") { read(view, 0) }
        refused("write") { write(view, 0, 1) }
        refused("loop") { sum(view) }
        refused("slice read") { read(slice, 0) }
        refused("slice write") { write(slice, 0, 1) }
        refused("read-only view") { read(readOnly, 0) }
        refused("byte buffer") { buffer.get(0) }
        refused("fill") { view.fill(0) }
        refused("new slice of a closed view") { read(view.asSlice(8, 8), 0) }
    }

    // The check of a confined view may be hoisted out of a loop only if nothing in the loop can end it.
    private fun closedInTheMiddle(pool: MemoryPool, rounds: Int) = repeat(rounds / 10) { round ->
        val lease = pool.rent(SIZE)
        val view = lease.asMemorySegment()
        val end = round % 200
        var done = 0
        refused("a loop that closes its lease") {
            for (step in 0 until 256) {
                if (step == end) lease.close()
                sink += view.get(JAVA_INT, (step and 127) * 4L)
                done++
            }
        }
        check(done == end) { "$done accesses, and the lease was closed before number $end" }
    }

    // An arena for each shared lease: the close cuts readers off on every thread before it returns.
    private fun closedUnderReaders() {
        val pool = MemoryPool.isolated("own arenas") { quarantineBytes = 0 }
        val lease = pool.rentShared(SIZE)
        val view = lease.asKeptMemorySegment()
        val started = AtomicBoolean()
        val closed = AtomicBoolean()
        val late = AtomicBoolean()
        val reader = Thread.ofPlatform().start {
            try {
                while (true) {
                    val after = closed.get()
                    sum(view)
                    if (after) late.set(true)
                    started.set(true)
                }
            } catch (_: IllegalStateException) {
                // The refusal that this waits for.
            }
        }
        while (!started.get()) Thread.onSpinWait()
        lease.close()
        closed.set(true)
        reader.join()
        check(!late.get()) { "a read went through after the close had returned" }
        checks++
        pool.close()
    }

    private fun retiredViews(pool: MemoryPool, rounds: Int) {
        val views = List(minOf(rounds, 2000)) { pool.rentShared(SIZE).use { it.asKeptMemorySegment() } }
        pool.trim()
        for (view in views) {
            refused("a view whose epoch has retired") { read(view, 0) }
            refused("a slice whose epoch has retired") { write(view.asSlice(8), 0, 1) }
        }
    }

    /** Counts a refusal by [access], and fails when it goes through. */
    internal fun refused(what: String, access: () -> Unit) {
        checks++
        try {
            access()
        } catch (_: MemoryClosedException) {
            return
        } catch (_: IllegalStateException) {
            // The platform's own, of a view that has crossed over.
            return
        }
        error("$what went through after the close (check $checks)")
    }
}
