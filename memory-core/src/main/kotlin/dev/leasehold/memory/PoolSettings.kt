package dev.leasehold.memory

import dev.leasehold.memory.internal.block.SizeClasses

/** A pool's options after they were checked; immutable. */
internal class PoolSettings private constructor(val name: String, options: PoolOptions) {
    val limit: Long = options.limit
    val budget: MemoryBudget = options.budget
    val idleBound: Long = options.idleBound
    val hygiene: Hygiene = options.hygiene

    val quarantineBytes: Long = PoolBounds.quarantineBytes(options.quarantineBytes, limit, budget)
    val quarantineBlocks: Int = PoolBounds.quarantineBlocks(options.quarantineBlocks)
    val defaultSize: Long = options.defaultSize
    val traceSites: Boolean = options.traceSites

    companion object {
        /** Checks [options] for the pool [name] and freezes them. */
        fun of(name: String, options: PoolOptions): PoolSettings {
            require(name.isNotBlank()) { "the name of a pool must not be blank" }
            atLeast(name, "idle bound", options.idleBound, 0)
            atLeast(name, "quarantine bound in bytes", options.quarantineBytes, 0)
            atLeast(name, "quarantine bound in blocks", options.quarantineBlocks.toLong(), 0)
            atLeast(name, "default size", options.defaultSize, 0)
            require(options.limit >= SizeClasses.PAGE) {
                "pool '$name': the limit of ${options.limit} bytes is below one block of ${SizeClasses.PAGE} bytes"
            }
            require(options.limit >= options.defaultSize) {
                "pool '$name': the limit of ${options.limit} bytes is below the default size of ${options.defaultSize} bytes"
            }
            return PoolSettings(name, options)
        }

        private fun atLeast(name: String, what: String, value: Long, bound: Long) =
            require(value >= bound) { "pool '$name': the $what must not be below $bound, and was $value" }

        private inline fun require(holds: Boolean, message: () -> String) {
            if (!holds) throw PoolConfigurationException(message())
        }
    }
}
