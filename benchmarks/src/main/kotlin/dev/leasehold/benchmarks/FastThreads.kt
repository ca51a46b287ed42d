package dev.leasehold.benchmarks

import io.netty.util.concurrent.FastThreadLocalThread
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.ThreadPoolExecutor
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger

/**
 * The threads that run the benchmarks: Netty's own type, on which its allocators keep their thread caches. JMH makes
 * it by name, through the property `jmh.executor.class`.
 */
public class FastThreads(threads: Int, prefix: String) :
    ThreadPoolExecutor(threads, threads, 0, TimeUnit.NANOSECONDS, LinkedBlockingQueue(), namedBy(prefix)) {
    private companion object {
        fun namedBy(prefix: String): (Runnable) -> Thread {
            val number = AtomicInteger()
            return { task ->
                FastThreadLocalThread(task, "$prefix-${number.incrementAndGet()}").apply { isDaemon = true }
            }
        }
    }
}
