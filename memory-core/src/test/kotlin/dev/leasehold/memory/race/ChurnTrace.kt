package dev.leasehold.memory.race

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MiB
import dev.leasehold.memory.allocate
import kotlin.math.cos
import kotlin.math.exp
import kotlin.math.ln
import kotlin.random.Random

/** What a [ChurnTrace] drives. [B] is what it calls a block. */
internal interface ChurnAllocator<B> {
    fun allocate(size: Int): B

    fun free(block: B)

    /** The bytes held from the system. */
    val reserved: Long
}

/**
 * A published trace of allocations and frees, to measure fragmentation with: the same operations from every [seed].
 *
 * Sizes from 16 bytes to 256 KiB: seven in ten below 256 bytes, two in ten from there to 4 KiB, one in ten above, each
 * part spread evenly over its doublings, so that most blocks are small and most bytes are in large ones. The bytes in
 * use drift between [least] and [most] in [waves] waves: at every step the trace allocates if it is below where the
 * wave is, and frees a block chosen at random if it is above, and in between flips a coin. Which blocks survive a fall
 * is therefore chance, which is what leaves holes.
 */
internal class ChurnTrace(
    private val seed: Long = 20_250_601,
    private val operations: Int = 1_000_000,
    private val least: Long = 8.MiB,
    private val most: Long = 64.MiB,
    private val waves: Int = 5,
) {
    /** The figures after [operation] operations. */
    class Checkpoint(val operation: Int, val live: Long, val reserved: Long) {
        /** How much more is reserved than a quarter over what is live, in bytes. */
        val excess: Long get() = reserved - live - live / 4

        override fun toString(): String =
            "after $operation operations: $live bytes live, $reserved reserved (${reserved * 100 / maxOf(1, live)} %)"
    }

    private class Live<B>(val block: B, val size: Int)

    /**
     * Runs the trace on [allocator], calls [each] [checkpoints] times on the way, and frees what is left at the end.
     */
    fun <B> run(allocator: ChurnAllocator<B>, checkpoints: Int = 100, each: (Checkpoint) -> Unit) {
        val random = Random(seed)
        val live = ArrayList<Live<B>>()
        var bytes = 0L
        for (operation in 1..operations) {
            val wanted = waveAt(operation)
            if (live.isEmpty() || bytes < wanted * 31 / 32 || (bytes < wanted * 33 / 32 && random.nextBoolean())) {
                val size = sizeFrom(random)
                live.add(Live(allocator.allocate(size), size))
                bytes += size
            } else {
                val gone = live.swapOut(random.nextInt(live.size))
                allocator.free(gone.block)
                bytes -= gone.size
            }
            if (operation % (operations / checkpoints) == 0) each(Checkpoint(operation, bytes, allocator.reserved))
        }
        live.forEach { allocator.free(it.block) }
    }

    private fun waveAt(operation: Int): Long {
        val turn = operation.toDouble() / operations * waves
        return least + ((most - least) * (1 - cos(2 * Math.PI * turn)) / 2).toLong()
    }

    private fun sizeFrom(random: Random): Int = when (random.nextInt(10)) {
        in 0..6 -> spread(random, 16, 256)
        in 7..8 -> spread(random, 256, 4096)
        else -> spread(random, 4096, 256 * 1024)
    }

    private fun spread(random: Random, from: Int, to: Int): Int =
        exp(ln(from.toDouble()) + random.nextDouble() * ln(to.toDouble() / from)).toInt()

    private fun <T> ArrayList<T>.swapOut(index: Int): T {
        val last = removeLast()
        return if (index == size) last else set(index, last)
    }
}
