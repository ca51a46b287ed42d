package dev.leasehold.memory

import dev.leasehold.memory.internal.platform.Platform

/** A manager's options after they were checked; immutable. */
internal class ManagerSettings private constructor(
    val name: String,
    options: ManagerOptions,
    /** Whether the manager is the process's own, which nobody may close or clear. */
    val ofProcess: Boolean,
) {
    val limit: Long = options.limit
    val budget: MemoryBudget = options.budget
    val idleBound: Long = options.idleBound

    // A view that stays reachable keeps a batch of closed blocks in quarantine: under a limit that must stay a small part.
    val quarantineBytes: Long =
        minOf(options.quarantineBytes, minOf(options.limit, options.budget.node.leastLimit) / LIMIT_PARTS)
    val quarantineBlocks: Int = minOf(options.quarantineBlocks, MOST_BLOCKS)
    val traceSites: Boolean = options.traceSites
    val checked: Boolean = options.checked

    companion object {
        private const val LIMIT_PARTS = 8
        private const val MOST_BLOCKS = 16_384

        /** Checks [options] for the manager [name] and freezes them. */
        fun of(name: String, options: ManagerOptions, ofProcess: Boolean = false): ManagerSettings {
            require(name.isNotBlank()) { "the name of a manager must not be blank" }
            atLeast(name, "idle bound", options.idleBound, 0)
            atLeast(name, "quarantine bound in bytes", options.quarantineBytes, 0)
            atLeast(name, "quarantine bound in blocks", options.quarantineBlocks.toLong(), 0)
            val page = Platform.current.pageSize
            require(options.limit >= page) {
                "manager '$name': the limit of ${options.limit} bytes is below one page of $page bytes"
            }
            return ManagerSettings(name, options, ofProcess)
        }

        private fun atLeast(name: String, what: String, value: Long, bound: Long) =
            require(value >= bound) { "manager '$name': the $what must not be below $bound, and was $value" }

        private inline fun require(holds: Boolean, message: () -> String) {
            if (!holds) throw ManagerConfigurationException(message())
        }
    }
}
