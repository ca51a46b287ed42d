// The first screen of the README, as a program: from the imports on it is what the README shows.
package dev.leasehold.samples.guide

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.dsl.memoryScope
import dev.leasehold.memory.typed.asInts

fun main() {
    val pool = MemoryPool.isolated("orders") { limit = 64.MiB }
    val cheapest = memoryScope(pool) {
        val prices = pool.rent(3 * 4).segment.asInts() // 12 bytes, seen as 3 ints; the scope owns this lease
        prices.copyFrom(intArrayOf(1250, 799, 4310))
        prices.sort()
        prices[0]
    } // The bytes go back here, also when the body throws; from here on `prices` would throw.
    println("$cheapest cents, and ${pool.stats().used} bytes are still leased")
    pool.close()
}
