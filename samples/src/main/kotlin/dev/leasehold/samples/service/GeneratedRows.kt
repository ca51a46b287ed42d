package dev.leasehold.samples.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.Segment

/**
 * Lines made up on the fly from a seed: the same seed, rows and clients give the same bytes. All clients that are open
 * share one set of templates, which goes back with the last of them.
 */
internal class GeneratedRows(
    override val rows: Long,
    override val clients: Int,
    private val seed: Long,
    private val stations: List<String>,
) : Workload {
    override val filesPerClient: Int get() = 0

    override val description: String get() = "generated, seed $seed, ${stations.size} stations"

    private var templates: LineTemplates? = null
    private var users = 0

    override fun open(client: Int, pool: MemoryPool): RowSource {
        val part = rows / clients + if (client < rows % clients) 1 else 0
        return Part(join(pool), SplitMix(SplitMix(seed + client).next()), part)
    }

    @Synchronized
    private fun join(pool: MemoryPool): LineTemplates {
        val shared = templates ?: LineTemplates(stations, pool).also { templates = it }
        users++
        return shared
    }

    @Synchronized
    private fun leave() {
        if (--users > 0) return
        templates?.close()
        templates = null
    }

    override fun place(client: Int, line: Long): String = "generated line $line of client $client"

    private inner class Part(
        private val templates: LineTemplates,
        private val random: SplitMix,
        private var left: Long,
    ) : RowSource {
        private var isOpen = true

        override fun fill(target: Segment): Long {
            val last = target.size - LineFormat.MAX_LINE - Long.SIZE_BYTES
            var at = 0L
            while (left > 0 && at <= last) {
                at += templates.write(target, at, random.next())
                left--
            }
            return at
        }

        override fun close() {
            if (isOpen) leave()
            isOpen = false
        }
    }
}
