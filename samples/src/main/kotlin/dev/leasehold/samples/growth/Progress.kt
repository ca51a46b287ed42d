package dev.leasehold.samples.growth

import java.io.PrintStream

/** Shows each step as it is reached, and on a [terminal] also the one that is under way. */
internal class Progress(private val out: PrintStream, private val terminal: Boolean) {
    /** Shows [line], and that the growth to [next] is under way. */
    fun reached(line: String, next: Long?) {
        clear()
        out.println(line)
        if (terminal && next != null) out.print("  … growing to ${Sizes.text(next)}")
        out.flush()
    }

    /** Takes away what was under way. */
    fun ended() = clear()

    private fun clear() {
        if (terminal) out.print("\r$BLANK\r")
    }

    companion object {
        private val BLANK = " ".repeat(40)

        /** Whether this process talks to a person. */
        fun onTerminal(): Boolean = System.console()?.isTerminal == true
    }
}
