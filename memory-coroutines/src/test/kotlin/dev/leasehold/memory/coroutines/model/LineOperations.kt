@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.model

import dev.leasehold.memory.coroutines.internal.line.ByteLine
import dev.leasehold.memory.coroutines.internal.line.LineWaiter
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.support.crowded
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.suspendCancellableCoroutine
import org.jetbrains.lincheck.datastructures.IntGen
import org.jetbrains.lincheck.datastructures.Operation
import org.jetbrains.lincheck.datastructures.Param
import org.jetbrains.lincheck.datastructures.ThreadIdGen
import org.jetbrains.lincheck.datastructures.Validate
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicLong
import kotlin.coroutines.resume

/**
 * What the model checker plays with: the operations of a line, by threads of which each gives back only what it took.
 */
@Param.Params(
    Param(name = "thread", gen = ThreadIdGen::class),
    Param(name = "bytes", gen = IntGen::class, conf = "1:2"),
)
abstract class LineOperations internal constructor(private val line: ByteLine) {
    private val held = LongArray(MOST_THREADS)
    private val out = AtomicLong()

    @Operation(cancellableOnSuspension = true)
    suspend fun take(@Param(name = "thread") thread: Int, @Param(name = "bytes") bytes: Int): Boolean {
        val taken = line.tryTake(bytes.toLong()) || await(bytes.toLong())
        if (taken) hold(thread, bytes)
        return taken
    }

    @Operation
    fun tryTake(@Param(name = "thread") thread: Int, @Param(name = "bytes") bytes: Int): Boolean {
        val taken = line.tryTake(bytes.toLong())
        if (taken) hold(thread, bytes)
        return taken
    }

    @Operation
    fun giveBack(@Param(name = "thread") thread: Int): Long {
        val bytes = held[thread]
        held[thread] = 0
        out.addAndGet(-bytes)
        line.giveBack(bytes)
        return bytes
    }

    @Operation(runOnce = true)
    fun close(): Unit = line.close()

    /** Bytes are held by threads that took them, or free: none is lost to a cancellation, and none is there twice. */
    @Validate
    fun allBytesAreAccountedFor() {
        check(line.used == out.get()) { "${line.used} bytes are out, and ${out.get()} are held" }
    }

    private suspend fun await(bytes: Long): Boolean = line.await(bytes, ::crowded).isGranted

    private fun hold(thread: Int, bytes: Int) {
        held[thread] += bytes.toLong()
        out.addAndGet(bytes.toLong())
    }

    private companion object {
        const val MOST_THREADS = 6
    }
}

class ByteLineOperations : LineOperations(ByteLine(CAPACITY, MOST_WAITERS))

/** The twin that finds too few bytes in one step and sets LINE in another: what comes between serves none. */
private class HastyLine : ByteLine(CAPACITY, MOST_WAITERS) {
    override fun takeForLine(bytes: Long): Boolean {
        while (true) {
            val seen = state.get()
            if (seen and FREE < bytes) break
            if (state.compareAndSet(seen, seen - bytes)) return true
        }
        // Not getAndUpdate: the model checker lets no other thread run just before that.
        do {
            val seen = state.get()
        } while (!state.compareAndSet(seen, seen or LINE))
        return false
    }
}

/** A request joins while all bytes come back. For the model checker one that waits for ever merely waits. */
abstract class WakeUp {
    private val line = newLine()

    private class Waiter : LineWaiter(1) {
        override fun notified() = Unit
    }

    private val waiter = Waiter()
    private val joined = AtomicBoolean()

    init {
        check(line.tryTake(CAPACITY))
    }

    internal open fun newLine(): ByteLine = ByteLine(CAPACITY, MOST_WAITERS)

    @Operation(runOnce = true)
    fun join() {
        line.join(waiter)
        joined.set(true)
    }

    @Operation(runOnce = true)
    fun giveBack(): Unit = line.giveBack(CAPACITY)

    @Validate
    fun noneWaitsForWhatIsFree() {
        check(!joined.get() || waiter.isGranted || line.used > 0) { "1 byte is waited for, and 2 are free" }
    }
}

class LineWakeUp : WakeUp()

class HastyLineWakeUp : WakeUp() {
    override fun newLine(): ByteLine = HastyLine()
}

/** The twin whose bytes are taken by the next to come, also past those that wait. */
internal class OvertakingLine : ByteLine(CAPACITY, MOST_WAITERS) {
    override fun tryTake(bytes: Long): Boolean {
        while (true) {
            val seen = state.get()
            if (seen and CLOSED != 0L || seen and FREE < bytes) return false
            if (state.compareAndSet(seen, seen - bytes)) return true
        }
    }
}

private const val CAPACITY = 2L
private const val MOST_WAITERS = 8

/** The line as it should be, for one thread. */
class LineSpecification {
    private class Waiter(val bytes: Long, val continuation: CancellableContinuation<Boolean>)

    private var free = 2L
    private var closed = false
    private val held = LongArray(6)
    private val line = ArrayDeque<Waiter>()

    suspend fun take(thread: Int, bytes: Int): Boolean {
        val taken = takeNow(bytes) || await(bytes)
        if (taken) held[thread] += bytes.toLong()
        return taken
    }

    fun tryTake(thread: Int, bytes: Int): Boolean {
        val taken = takeNow(bytes)
        if (taken) held[thread] += bytes.toLong()
        return taken
    }

    /** A [tryTake] that came at a moment when bytes were changing hands. */
    @Suppress("UNUSED_PARAMETER")
    fun refused(thread: Int, bytes: Int): Boolean = false

    fun giveBack(thread: Int): Long {
        val bytes = held[thread]
        held[thread] = 0
        putBack(bytes)
        return bytes
    }

    fun close() {
        closed = true
        serve()
    }

    private fun takeNow(bytes: Int): Boolean {
        if (closed || line.isNotEmpty() || free < bytes) return false
        free -= bytes
        return true
    }

    private suspend fun await(bytes: Int): Boolean = !closed && suspendCancellableCoroutine { continuation ->
        val waiter = Waiter(bytes.toLong(), continuation)
        continuation.invokeOnCancellation {
            if (line.remove(waiter)) serve()
        }
        line.addLast(waiter)
        serve()
    }

    private fun putBack(bytes: Long) {
        free += bytes
        serve()
    }

    private fun serve() {
        while (true) {
            val first = line.firstOrNull() ?: return
            if (!closed && free < first.bytes) return
            line.removeFirst()
            if (closed) {
                first.continuation.resume(false) { _, _, _ -> }
            } else {
                free -= first.bytes
                first.continuation.resume(true) { _, _, _ -> putBack(first.bytes) }
            }
        }
    }
}
