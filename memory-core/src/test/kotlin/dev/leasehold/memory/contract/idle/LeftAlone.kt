package dev.leasehold.memory.contract.idle

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.rent
import dev.leasehold.testing.await
import kotlin.io.path.Path
import kotlin.io.path.readText

/** Twenty pools, each of which rents 100 MiB once and closes them; then nothing calls the library any more. */
object LeftAlone {
    private const val PAGE = 4096L
    private const val POOLS = 20

    @JvmStatic
    fun main(args: Array<String>) {
        // What every process pays once is paid before the first look.
        MemoryPool.isolated("first").use { it.rent(100).close() }
        val before = resident()
        val pools = List(POOLS) { MemoryPool.isolated("left alone $it") }
        // All open at once: on a busy machine the first would have gone back before the last came.
        val leases = pools.flatMap { pool -> List(40) { pool.rent(1.MiB).also { lease -> lease.segment.fill(1) } } }
        val most = resident() - before
        leases.forEach { it.close() }
        check(most > 500.MiB) { "only $most bytes more are resident" }
        val start = System.nanoTime()
        // What the compiler has made meanwhile is resident, too.
        await("it gets smaller") { resident() - before < 48.MiB }
        val seconds = (System.nanoTime() - start) / 1_000_000_000
        check(seconds <= 60) { "it took $seconds s" }
        await("the thread ends") { Thread.getAllStackTraces().keys.none { it.name == "leasehold-background" } }
        println("${most shr 20} MiB more, and ${(resident() - before) shr 20} after $seconds s; ${pools.size} pools")
    }

    private fun resident(): Long = Path("/proc/self/statm").readText().split(' ')[1].toLong() * PAGE
}
