package dev.leasehold.samples.service

import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.suspendCancellableCoroutine
import java.nio.channels.CancelledKeyException
import java.nio.channels.ClosedChannelException
import java.nio.channels.SelectableChannel
import java.nio.channels.SelectionKey
import java.nio.channels.Selector
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.function.Consumer
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.resume

/**
 * One thread that runs coroutines and waits for their channels: a dispatcher with a selector in it.
 *
 * ```
 *   +-> run what is ready -> nothing left? -> sleep in the selector until a channel is ready, or somebody dispatches -+
 *   +------------------ resume who waits for that channel <-----------------------------------------------------------+
 * ```
 *
 * A coroutine that reads nothing sets an interest and suspends; when the channel is ready, the same thread resumes it. No
 * other thread takes part, so that no wake-up can be lost and there is nothing to lock, and a wait costs no more switches
 * than a blocking read.
 *
 * **What was rejected.** `AsynchronousSocketChannel` wants the buffer when the waiting begins, so that every silent
 * connection would hold one, and a cancelled coroutine could not give its lease back before the system has let go of the
 * buffer. Here waiting needs no memory, and a read happens in one call between two suspensions: no lease ever goes back
 * while an operation still uses it. One selector thread in front of `Dispatchers.Default` was tried, too: each wait then
 * takes two more switches. On a busy machine, four clients and two cores, the service took 52 to 66 ns of processor time
 * a row so in most runs, 64 to 93 ns with one selector thread, and 69 to 99 ns with asynchronous channels; a blocking
 * thread for each connection took 45 to 62 ns. That is a tendency, not a measurement: what decided is the memory.
 *
 * **Threads.** Coroutines are dispatched from any thread. A channel is watched, waited for and closed by one coroutine
 * that runs here.
 * **Ownership.** Whoever makes it closes it, after the last coroutine that runs here has ended.
 */
internal class EventLoop(name: String) : CoroutineDispatcher(), AutoCloseable {
    private val selector = Selector.open()
    private val ready = ConcurrentLinkedQueue<Runnable>()

    @Volatile
    private var closed = false
    private val thread = Thread.ofPlatform().name(name).daemon().start(::runAll)

    /** The processor time that this has taken so far, in nanoseconds. */
    fun processorNanos(): Long = Meters.threadNanos(thread)

    override fun dispatch(context: CoroutineContext, block: Runnable) {
        val _ = ready.add(block)
        wake()
    }

    /** Makes the system let go of channels that have been closed, which it does when the selector next looks. */
    fun wake() {
        if (Thread.currentThread() !== thread) {
            val _ = selector.wakeup()
        }
    }

    override fun close() {
        closed = true
        wake()
        thread.join()
        selector.close()
    }

    private fun runAll() {
        val resume = Consumer<SelectionKey> { key -> (key.attachment() as Gate).open() }
        while (!closed) {
            val _ = if (ready.isEmpty()) selector.select(resume) else selector.selectNow(resume)
            // No more than this at a time, lest those who dispatch each other keep the channels from their turn.
            for (i in 0 until AT_ONCE) (ready.poll() ?: break).run()
        }
    }

    /** Takes [channel] in, which does not block from here on. */
    fun watch(channel: SelectableChannel): Gate {
        val _ = channel.configureBlocking(false)
        return Gate(channel)
    }

    /** Where the coroutine that uses a channel waits for it. */
    inner class Gate(channel: SelectableChannel) {
        private var waiting: CancellableContinuation<Unit>? = null
        private val key = channel.register(selector, 0, this)

        /**
         * Waits until the channel is ready for [operation], or seems to be.
         *
         * @throws ClosedChannelException when it has been closed
         */
        suspend fun await(operation: Int): Unit = suspendCancellableCoroutine { continuation ->
            waiting = continuation
            try {
                val _ = key.interestOps(operation)
            } catch (_: CancelledKeyException) {
                throw ClosedChannelException()
            }
        }

        /** Resumes who waits; one that has been cancelled meanwhile stays so. */
        fun open() {
            if (key.isValid) {
                val _ = key.interestOps(0)
            }
            waiting?.resume(Unit)
            waiting = null
        }
    }

    private companion object {
        const val AT_ONCE = 64
    }
}

/** Several [EventLoop]s, one for each processor, over which channels are dealt out. */
internal class EventLoops(name: String, count: Int = Runtime.getRuntime().availableProcessors()) : AutoCloseable {
    private val loops = List(count) { EventLoop("$name-${it + 1}") }

    /** The loop for the channel with the number [index]. */
    operator fun get(index: Int): EventLoop = loops[index % loops.size]

    /** The processor time that these have taken so far, in nanoseconds. */
    fun processorNanos(): Long = loops.sumOf { it.processorNanos() }

    override fun close(): Unit = loops.forEach { it.close() }
}
