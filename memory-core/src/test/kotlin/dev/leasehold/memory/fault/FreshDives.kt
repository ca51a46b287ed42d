package dev.leasehold.memory.fault

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.rentShared

/**
 * Fresh threads with small stacks, of which one rents until its stack is full, and the next closes what that has rented
 * from the end of its own stack on; what could not be closed there is closed where there is room. The argument is how many
 * pools are used so.
 */
object FreshDives {
    private const val THREADS = 20
    private const val STACK = 256L shl 10

    private class Dive(private val pool: MemoryPool) {
        private val held = ArrayList<SharedLease>(1 shl 17)

        fun run() {
            repeat(THREADS) {
                onSmallStack { rentOn() }
                onSmallStack { closeFrom(0) }
                // Of those that are closed already it is no mistake.
                held.forEach(SharedLease::close)
                held.clear()
                val open = pool.stats().leases
                check(open == 0L) { "$open leases are open, and all were closed" }
            }
        }

        private fun rentOn(): Int {
            held.add(pool.rentShared(64))
            return rentOn() + 1
        }

        private fun closeFrom(index: Int) {
            if (index == held.size) return
            try {
                closeFrom(index + 1)
            } finally {
                held[index].close()
            }
        }

        private fun onSmallStack(action: () -> Unit) {
            val body = Runnable {
                try {
                    action()
                } catch (_: StackOverflowError) {
                    // What it is about.
                }
            }
            Thread(null, body, "deep", STACK).apply { start() }.join()
        }
    }

    @JvmStatic
    fun main(arguments: Array<String>) {
        val pools = arguments[0].toInt()
        repeat(pools) { number -> MemoryPool.isolated("dive $number").use { Dive(it).run() } }
        println("$pools pools are whole")
    }
}
