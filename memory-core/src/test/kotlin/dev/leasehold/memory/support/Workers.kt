package dev.leasehold.memory.support

import dev.leasehold.testing.Effort
import java.util.concurrent.BrokenBarrierException
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch

/**
 * Runs [work] on [count] threads at once and returns when all have ended. What any of them throws is thrown here, the
 * others' failures suppressed in it; threads that have not ended after [seconds] fail the test with their stacks.
 */
internal fun together(
    count: Int,
    virtual: Boolean = false,
    seconds: Long = Effort.seconds(600),
    work: (worker: Int) -> Unit,
) = together(count, { virtual }, seconds, work)

/** [together] where [isVirtual] says which of the threads are virtual ones. */
internal fun together(
    count: Int,
    isVirtual: (worker: Int) -> Boolean,
    seconds: Long = Effort.seconds(600),
    work: (worker: Int) -> Unit,
) {
    val failures = ConcurrentLinkedQueue<Throwable>()
    val start = CountDownLatch(1)
    val threads = List(count) { worker ->
        val name = "worker-$worker"
        val builder = if (isVirtual(worker)) Thread.ofVirtual().name(name) else Thread.ofPlatform().daemon().name(name)
        builder.start {
            try {
                start.await()
                work(worker)
            } catch (failure: Throwable) {
                failures.add(failure)
            }
        }
    }
    start.countDown()
    val deadline = System.nanoTime() + seconds * 1_000_000_000
    for (thread in threads) {
        val left = (deadline - System.nanoTime()) / 1_000_000
        thread.join(maxOf(1, left))
        if (thread.isAlive) {
            failures.add(IllegalStateException("${thread.name} hangs:\n" + thread.stackTrace.joinToString("\n")))
        }
    }
    // Not what only follows from another's failure.
    val first = failures.firstOrNull { it !is BrokenBarrierException } ?: failures.peek() ?: return
    // The virtual machine throws the same error again and again, when it has no heap for another.
    failures.filter { it !== first }.forEach(first::addSuppressed)
    throw AssertionError("a worker failed: $first", first)
}

/** Runs [work] on a thread of its own and returns what it threw, or null. */
internal fun failureOn(name: String, work: () -> Unit): Throwable? {
    var failure: Throwable? = null
    val thread = Thread.ofPlatform().name(name).start {
        try {
            work()
        } catch (thrown: Throwable) {
            failure = thrown
        }
    }
    thread.join()
    return failure
}

/** Runs [work] on a thread of its own, to its end. */
internal fun onThread(name: String = "helper", work: () -> Unit) {
    failureOn(name, work)?.let { throw AssertionError("on $name: $it", it) }
}
