package dev.leasehold.benchmarks

import dev.leasehold.memory.allocate
import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.memory.mapped.MappedMemoryManager
import java.nio.file.Files

/** For each span the file has a word beside it. */
private const val SPAN_WORD = 8
private const val SPAN = 65_536

/**
 * How much a mapped file has beside the bytes of blocks of [size], as a part of those: the words of blocks and spans,
 * and what is left over of a span. What every file has once, a few hundred kibibytes, is not in it.
 */
internal fun mappedOverhead(size: Int): Double {
    val folder = Files.createTempDirectory("bench")
    try {
        val path = folder.resolve("file")
        return MappedMemoryManager.create(path) {}.use { manager ->
            manager.allocate(size.toLong()).use {
                val run = MappedMemory.map(path).runs.single { it.blockSize == size.toLong() }
                val inBlocks = run.blocks * run.blockSize
                (run.size - inBlocks + run.size / SPAN * SPAN_WORD) / inBlocks.toDouble()
            }
        }
    } finally {
        check(folder.toFile().deleteRecursively()) { "$folder stays" }
    }
}
