package dev.leasehold.samples.leaks

/** A small program with one mistake, or without it where it was mended, and the hunt for it. */
internal interface Leak {
    /** What the mistake is. */
    val title: String

    /** Runs the program, and says in [report] what is to be seen, what the tool says, and which line it is. */
    fun run(report: Report)
}
