@file:JvmName("PermanentHolder")

package dev.leasehold.benchmarks

import dev.leasehold.memory.MiB
import dev.leasehold.memory.permanent.PermanentMemory

/** What a process says that has its buffers. */
internal const val HELD: String = "held"

/** How many it has. */
internal const val HELD_BUFFERS: Int = 8

/** A process with some buffers of permanent memory, until its input ends. */
public fun main() {
    repeat(HELD_BUFFERS) { val _ = PermanentMemory.obtain((it + 1).MiB).append(ByteArray(100)) }
    println(HELD)
    while (System.`in`.read() >= 0) {
        // Nothing is sent: only the end counts.
    }
}
