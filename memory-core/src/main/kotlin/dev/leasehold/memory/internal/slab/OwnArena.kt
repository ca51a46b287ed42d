package dev.leasehold.memory.internal.slab

import dev.leasehold.memory.internal.platform.Platform
import java.lang.foreign.Arena

/** The tenure of a shared lease that has an arena to itself: closing it cuts its views off at once and frees its block at once. */
internal class OwnArena(
    platform: Platform,
    private val home: BlockHome,
) : Tenure(home.owner, home.poolName, exact = true) {
    @JvmField val arena: Arena? = if (platform.bindsViews) Arena.ofShared() else null

    override fun cancel() {
        arena?.close()
    }

    override fun end(address: Long, word: Int, size: Long) {
        arena?.close()
        home.giveBack(address, PackedBlock.codeOf(word), size)
    }
}
