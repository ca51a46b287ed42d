package dev.leasehold.memory.internal.slab

import dev.leasehold.memory.internal.platform.Platform
import java.lang.foreign.Arena

/** The tenure of a shared lease that has an arena to itself: closing it cuts its views off at once and frees its block at once. */
internal class OwnArena private constructor(
    private val home: BlockHome,
    @JvmField val arena: Arena?,
) : Tenure(home.owner, home.poolName, exact = true) {
    constructor(platform: Platform, home: BlockHome) : this(home, if (platform.bindsViews) Arena.ofShared() else null)

    override val charge: Charge? get() = home.charge

    override fun bytesOf(word: Int): Long = home.bytesOf(PackedBlock.codeOf(word))

    // The arena goes on. It is closed before the charge ends, for that may fail, and then nothing may have changed.
    override fun chargedTo(charge: Charge): Tenure = OwnArena(home.chargedTo(charge), arena)

    override fun cancel() {
        arena?.close()
    }

    override fun end(address: Long, word: Int, size: Long) {
        arena?.close()
        home.giveBack(address, PackedBlock.codeOf(word), size)
    }
}
