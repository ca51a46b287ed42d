package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.Segment

/** Lines made up on the fly from a seed: the same seed, rows and clients give the same bytes. */
internal class GeneratedRows(
    override val rows: Long,
    override val clients: Int,
    private val seed: Long,
    private val stations: List<String>,
) : Workload {
    override val description: String get() = "generated, seed $seed, ${stations.size} stations"

    override fun open(client: Int, pool: MemoryPool): RowSource {
        val part = rows / clients + if (client < rows % clients) 1 else 0
        return Part(LineTemplates(stations, pool), SplitMix(SplitMix(seed + client).next()), part)
    }

    override fun place(client: Int, line: Long): String = "generated line $line of client $client"

    private class Part(
        private val templates: LineTemplates,
        private val random: SplitMix,
        private var left: Long,
    ) : RowSource {
        override fun fill(target: Segment): Long {
            val last = target.size - LineFormat.MAX_LINE - Long.SIZE_BYTES
            var at = 0L
            while (left > 0 && at <= last) {
                at += templates.write(target, at, random.next())
                left--
            }
            return at
        }

        override fun close(): Unit = templates.close()
    }
}
