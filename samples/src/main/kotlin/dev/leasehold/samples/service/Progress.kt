package dev.leasehold.samples.service

import java.io.PrintStream
import java.util.Locale
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit

/**
 * Shows how far a run has come: on a [terminal] one line that changes in place, elsewhere a line every few seconds,
 * and in both cases one line at the end.
 */
internal class Progress(private val title: String, private val out: PrintStream, private val terminal: Boolean) {
    /** Runs [work] while showing [rows] of [expected]. */
    fun <R> during(expected: Long, rows: () -> Long, work: () -> R): R {
        val done = CountDownLatch(1)
        val start = System.nanoTime()
        val shower = Thread.ofPlatform().name("progress").daemon().start {
            val pause = if (terminal) TERMINAL_PAUSE_MILLIS else LOG_PAUSE_MILLIS
            while (!done.await(pause, TimeUnit.MILLISECONDS)) show(rows(), expected, start, last = false)
        }
        try {
            return work()
        } finally {
            done.countDown()
            shower.join()
            show(rows(), expected, start, last = true)
        }
    }

    private fun show(rows: Long, expected: Long, start: Long, last: Boolean) {
        val seconds = (System.nanoTime() - start) / 1e9
        val percent = if (expected == 0L) 100 else rows * 100 / expected
        val line = "  %-23s %,15d rows  %3d %%  %6.2f s  %,12.0f rows/s"
            .format(Locale.ROOT, title, rows, percent, seconds, rows / seconds)
        when {
            !terminal -> out.println(line)
            last -> out.println("\r$line")
            else -> out.print("\r$line")
        }
        out.flush()
    }

    companion object {
        private const val TERMINAL_PAUSE_MILLIS = 100L
        private const val LOG_PAUSE_MILLIS = 2_000L

        /** Whether this process talks to a person. */
        fun onTerminal(): Boolean = System.console()?.isTerminal == true
    }
}
