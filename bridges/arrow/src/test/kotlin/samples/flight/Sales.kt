package dev.leasehold.memory.arrow.samples.flight

import org.apache.arrow.memory.BufferAllocator
import org.apache.arrow.vector.BigIntVector
import org.apache.arrow.vector.IntVector
import org.apache.arrow.vector.VectorSchemaRoot

/** Made up sales, of which all could not be in memory at once: a hundred batches of three quarters of a mebibyte. */
internal object Sales {
    const val SHOPS = 10
    const val BATCHES = 100
    const val ROWS = 65_536

    /** What each shop has sold in all. */
    val expected: List<Long> = List(SHOPS) { shop ->
        (shop.toLong() until BATCHES.toLong() * ROWS step SHOPS.toLong()).sum()
    }

    /** Empty columns, which their caller closes. */
    fun columns(allocator: BufferAllocator): VectorSchemaRoot =
        VectorSchemaRoot.of(IntVector("shop", allocator), BigIntVector("amount", allocator))

    /** Fills [columns] with the batch [number]. */
    fun fill(columns: VectorSchemaRoot, number: Int) {
        val shops = columns.getVector(0) as IntVector
        val amounts = columns.getVector(1) as BigIntVector
        shops.allocateNew(ROWS)
        amounts.allocateNew(ROWS)
        for (row in 0 until ROWS) {
            val sale = number.toLong() * ROWS + row
            shops.set(row, (sale % SHOPS).toInt())
            amounts.set(row, sale)
        }
        columns.rowCount = ROWS
    }

    /** Adds what is in [columns] to the [totals] of the shops. */
    fun add(columns: VectorSchemaRoot, totals: LongArray) {
        val shops = columns.getVector(0) as IntVector
        val amounts = columns.getVector(1) as BigIntVector
        for (row in 0 until columns.rowCount) totals[shops[row]] += amounts[row]
    }
}
