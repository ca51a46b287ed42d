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

    val quarantineBytes: Long = PoolBounds.quarantineBytes(options.quarantineBytes, limit, budget)
    val quarantineBlocks: Int = PoolBounds.quarantineBlocks(options.quarantineBlocks)
    val traceSites: Boolean = options.traceSites
    val checked: Boolean = options.checked

    companion object {
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
