package dev.leasehold.samples.service

/**
 * What the coroutine version did with its memory.
 *
 * @property limit what it may hold, in bytes
 * @property peak the most that it ever held, in bytes
 * @property connections the most connections at the same time
 * @property waited how many of them waited for memory
 * @property mostWaiting the most that waited at the same time
 * @property longestMillis the longest wait
 */
internal class MemoryFigures(
    val limit: Long,
    val peak: Long,
    val connections: Long,
    val waited: Long,
    val mostWaiting: Long,
    val longestMillis: Long,
) {
    /** Whether the limit was kept. */
    val withinLimit: Boolean get() = peak <= limit

    /** How much of the limit the peak is, in percent. */
    val percent: Double get() = peak * 100.0 / limit

    companion object {
        /** The figures of a service with [memory] that had so many [connections] at once, which waited so. */
        fun of(memory: ServiceMemory, connections: Long, waits: Waits): MemoryFigures =
            MemoryFigures(memory.limit, memory.peak, connections, waits.count, waits.most, waits.longestMillis)
    }
}
