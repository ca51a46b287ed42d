@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.coroutines.model

import dev.leasehold.memory.coroutines.internal.line.ByteLine
import dev.leasehold.memory.coroutines.internal.line.await
import dev.leasehold.memory.coroutines.support.PlainWaiter
import dev.leasehold.memory.coroutines.support.crowded
import dev.leasehold.memory.internal.spi.InternalMemoryApi
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import kotlinx.coroutines.suspendCancellableCoroutine
import org.jetbrains.lincheck.datastructures.Operation
import org.jetbrains.lincheck.datastructures.Validate
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicLong
import kotlin.coroutines.CoroutineContext

/**
 * Two coroutines wait, and are cancelled at some moment: before their grant, between the grant and the dispatch, or
 * between that and the run. Lincheck's own suspending operations know no dispatcher, and so not the last two; here the
 * dispatcher is a queue, and running from it an operation like the others.
 */
abstract class PromptCancellation {
    internal val line: ByteLine = ByteLine(CAPACITY, maxWaiters = 4)
    private val ready = ConcurrentLinkedQueue<Runnable>()
    private val held = AtomicLong(CAPACITY)
    private val closed = AtomicBoolean()
    private val dispatcher = object : CoroutineDispatcher() {
        override fun dispatch(context: CoroutineContext, block: Runnable) {
            ready.add(block)
        }
    }
    private val scope = CoroutineScope(dispatcher)
    private val large: Job
    private val small: Job

    init {
        check(line.tryTake(CAPACITY))
        large = waitFor(CAPACITY)
        small = waitFor(1)
    }

    protected abstract suspend fun await(bytes: Long): Boolean

    private fun waitFor(bytes: Long): Job = scope.launch(start = CoroutineStart.UNDISPATCHED) {
        if (await(bytes)) held.addAndGet(bytes)
    }

    @Operation(runOnce = true)
    fun cancelLarge(): Unit = large.cancel()

    @Operation(runOnce = true)
    fun cancelSmall(): Unit = small.cancel()

    @Operation
    fun run() {
        ready.poll()?.run()
    }

    @Operation
    fun giveBack(): Unit = line.giveBack(held.getAndSet(0))

    @Operation(runOnce = true)
    fun close() {
        closed.set(true)
        line.close()
    }

    /** No byte is lost or there twice, and none waits that could be granted, or that is never notified. */
    @Validate
    fun nothingIsLost() {
        while (true) ready.poll()?.run() ?: break
        check(line.used == held.get()) { "${line.used} bytes are out, and ${held.get()} are held" }
        val waiting = listOf(large, small).count { it.isActive }
        check(line.waiters == waiting) { "$waiting wait, and ${line.waiters} are counted" }
        check(!closed.get() || waiting == 0) { "closed, and $waiting wait" }
        if (large.isActive) check(line.used > 0) { "all is free, and the first waits" }
        if (small.isActive && !large.isActive) check(line.used == CAPACITY) { "some is free, and the small one waits" }
    }

    private companion object {
        const val CAPACITY = 2L
    }
}

class PromptlyCancelledLine : PromptCancellation() {
    override suspend fun await(bytes: Long): Boolean = line.await(bytes, ::crowded).isGranted
}

class PlainlyResumedLine : PromptCancellation() {
    override suspend fun await(bytes: Long): Boolean =
        suspendCancellableCoroutine { PlainWaiter(line, bytes).start(it) }.isGranted
}
