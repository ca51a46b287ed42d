package dev.leasehold.samples.growth

import dev.leasehold.memory.Block
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager

/**
 * What one growth came to.
 *
 * @property size the block's bytes afterwards
 * @property address where it lies since
 * @property moved whether that is elsewhere than before
 * @property nanos what the growth alone took; writing into the new pages is the same for all ways and not in it
 * @property resident what of this process is in real memory, once the new pages have been written
 */
internal class Step(val size: Long, val address: Long, val moved: Boolean, val nanos: Long, val resident: Long?)

/**
 * One way from the first size to the last.
 *
 * @property steps what was reached; the first is the allocation
 * @property refusal why it ended early, or null
 * @property damage the offset of the first page with the wrong content, or -1
 * @property held the most bytes that were held from the system at once
 * @property tree the budgets when the block was at its largest
 */
internal class Journey(
    val way: Way,
    val steps: List<Step>,
    val refusal: MemoryExhaustedException?,
    val damage: Long,
    val held: Long,
    val tree: String,
) {
    /** What all growths together took; the allocation at the beginning is none. */
    val nanos: Long get() = steps.drop(1).sumOf { it.nanos }
}

/** Grows one block along [sizes], and calls [onStep] with each that it has reached. */
internal class Traveller(
    private val manager: MemoryManager,
    private val sizes: List<Long>,
    private val machine: Machine,
    private val onStep: (Way, Step) -> Unit,
) {
    private val steps = ArrayList<Step>()

    /** The whole journey by [way]; the block is closed at the end of it. */
    fun travel(way: Way): Journey {
        var block: Block? = null
        try {
            for (size in sizes) block = stepTo(size, way, block)
            return arrived(way, block, null)
        } catch (refusal: MemoryExhaustedException) {
            return arrived(way, block, refusal)
        } finally {
            block?.close()
        }
    }

    private fun stepTo(size: Long, way: Way, before: Block?): Block {
        val oldSize = before?.size ?: 0
        val oldAddress = before?.address
        val start = System.nanoTime()
        val block = if (before == null) manager.allocate(size) else way.grow(before, size)
        val nanos = System.nanoTime() - start
        Pattern.write(block, oldSize)
        val moved = oldAddress != null && block.address != oldAddress
        val step = Step(size, block.address, moved, nanos, machine.resident())
        steps += step
        onStep(way, step)
        return block
    }

    private fun arrived(way: Way, block: Block?, refusal: MemoryExhaustedException?) = Journey(
        way,
        steps,
        refusal,
        damage = if (block == null) -1 else Pattern.firstDamage(block),
        held = manager.stats().peak,
        tree = manager.budget.toTree(),
    )
}
