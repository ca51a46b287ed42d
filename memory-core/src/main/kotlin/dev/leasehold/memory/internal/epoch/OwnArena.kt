package dev.leasehold.memory.internal.epoch

import dev.leasehold.memory.internal.block.Arenas
import dev.leasehold.memory.internal.block.BlockHome
import dev.leasehold.memory.internal.block.PackedBlock
import dev.leasehold.memory.internal.block.Pins
import dev.leasehold.memory.internal.block.Tenure
import dev.leasehold.memory.internal.budget.Charge
import dev.leasehold.memory.internal.platform.Platform
import java.lang.foreign.Arena

/** The tenure of a shared lease that has an arena to itself: closing it cuts its views off at once and frees its block at once. */
internal class OwnArena private constructor(
    private val home: BlockHome,
    @JvmField val arena: Arena?,
    private val arenas: Arenas,
    /** One for all the tenures of one arena. */
    private val pins: Pins = Pins(),
) : Tenure(home.owner, home.poolName, exact = true) {
    constructor(platform: Platform, home: BlockHome, arenas: Arenas) :
        this(home, if (platform.bindsViews) arenas.open() else null, arenas)

    override val charge: Charge? get() = home.charge

    override fun bytesOf(word: Int): Long = home.bytesOf(PackedBlock.codeOf(word))

    // The arena goes on. It is closed before the charge ends, for that may fail, and then nothing may have changed.
    override fun chargedTo(charge: Charge): Tenure = OwnArena(home.chargedTo(charge), arena, arenas, pins)

    override fun cancel() {
        if (!pins.end(poolName)) return
        try {
            if (arena != null) arenas.close(arena)
        } catch (busy: IllegalStateException) {
            pins.reopen()
            throw busy
        }
    }

    override fun pin(): Boolean = pins.pin()

    override fun unpin(): Unit = pins.unpin()

    override fun end(address: Long, word: Int, size: Long) {
        cancel()
        home.giveBack(address, PackedBlock.codeOf(word), size)
    }
}
