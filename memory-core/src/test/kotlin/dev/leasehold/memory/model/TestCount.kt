package dev.leasehold.memory.model

import dev.leasehold.memory.internal.cache.Bias
import dev.leasehold.memory.internal.cache.RefCount

/** A count of no block, for tests. */
internal class TestCount(bias: Bias?, generation: Int) : RefCount(bias, generation)
