package dev.leasehold.benchmarks

import org.openjdk.jmh.Main

/** JMH's own command line, less the rivals that this machine does not have. */
public fun main(vararg arguments: String) {
    val absent = OptionalLibrary.absent()
    absent.forEach { println(it.skipMessage) }
    Main.main(arrayOf(*arguments) + absent.flatMap { listOf("-e", it.benchmarks) })
}
