package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.block.SizeClasses

/**
 * How the blocks of one code lie in a run of spans: a line of words of the run, a word for each block, and the blocks,
 * each at a multiple of the largest power of two that divides its size, at most a page.
 *
 * @property code a size class up to [LARGEST], or [BlockKind.LARGE], of which there is one block in a run
 * @property spans how many spans a run has; of a large block at the least
 */
internal class RunShape private constructor(val code: Int, val spans: Int, val blockBytes: Long) {
    private val alignment = if (blockBytes == 0L) PAGE else minOf(PAGE, java.lang.Long.lowestOneBit(blockBytes))

    /** How many blocks a run has. */
    val count: Int = if (blockBytes == 0L) 1 else most()

    /** Where the first block begins, in bytes from the start of the run. */
    val dataAt: Long = dataAt(count)

    private fun most(): Int {
        var blocks = (spans * FileLayout.SPAN / (blockBytes + Long.SIZE_BYTES)).toInt()
        while (dataAt(blocks) + blocks * blockBytes > spans * FileLayout.SPAN) blocks--
        return blocks
    }

    private fun dataAt(blocks: Int) = (FileLayout.RUN_HEAD + blocks * Long.SIZE_BYTES + alignment - 1) and -alignment

    // Exact for every offset in a run: offsets are below 2^18, and the error of the reciprocal below 2^-18.
    private val reciprocal = if (blockBytes == 0L) 0 else (1L shl RECIPROCAL_BITS) / blockBytes + 1

    /** Which block begins [offset] bytes after the start of the run. */
    fun indexOf(offset: Long): Int = ((offset - dataAt) * reciprocal ushr RECIPROCAL_BITS).toInt()

    /** Where the word of the block [index] is, in bytes from the start of the run. */
    fun wordOf(index: Int): Long = FileLayout.RUN_HEAD + index * Long.SIZE_BYTES

    /** Where the block [index] is, in bytes from the start of the run. */
    fun blockOf(index: Int): Long = dataAt + index * blockBytes

    internal companion object {
        private const val PAGE = SizeClasses.PAGE
        private const val RECIPROCAL_BITS = 40

        /** The largest size class, in bytes; larger blocks have runs of their own. */
        const val LARGEST: Long = 32L shl 10

        // Blocks above this would leave much of a single span unused.
        private const val SINGLE_SPAN = 4096L
        private const val SEVERAL_SPANS = 4

        private val shapes = Array(SizeClasses.indexOf(LARGEST) + 1) { code ->
            val size = SizeClasses.sizeOf(code)
            RunShape(code, if (size <= SINGLE_SPAN) 1 else SEVERAL_SPANS, size)
        }
        private val large = RunShape(BlockKind.LARGE, 1, 0)

        /** The shape of the runs of [code]; null when there are no such runs. */
        fun find(code: Int): RunShape? = if (code == BlockKind.LARGE) large else shapes.getOrNull(code)

        /** [find] of a code that has runs. */
        fun of(code: Int): RunShape = if (code < shapes.size) shapes[code] else large

        /** How many spans a large block of [bytes] takes. */
        fun spansFor(bytes: Long): Long = (large.dataAt + bytes + FileLayout.SPAN - 1) / FileLayout.SPAN

        /** How many bytes a large block in a run of [spans] can have. */
        fun largeBytes(spans: Long): Long = spans * FileLayout.SPAN - large.dataAt
    }
}
