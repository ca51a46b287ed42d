package dev.leasehold.samples.strings

import dev.leasehold.memory.permanent.ProcessMemory
import dev.leasehold.samples.utf8Output

/**
 * The program of the second process. It is given the number of the first and a text, and needs no file, no socket and
 * no copy of the table. It stays until its input ends, so that the first can look at it.
 */
fun main(words: Array<String>) {
    val (host, text) = words
    ProcessMemory.open(host.toLong()).use { memory ->
        val table = checkNotNull(memory.table(TABLE)) { "process $host has no table '$TABLE'" }
        utf8Output().println(Visit.make("guest", Text.valueOf(text), table, memory::buffers).line)
        val _ = System.`in`.read()
    }
}
