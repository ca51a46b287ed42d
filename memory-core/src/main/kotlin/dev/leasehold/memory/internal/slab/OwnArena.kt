package dev.leasehold.memory.internal.slab

import dev.leasehold.memory.internal.platform.Platform
import java.lang.foreign.Arena
import java.util.concurrent.atomic.AtomicInteger

/** The tenure of a shared lease that has an arena to itself: closing it cuts its views off at once and frees its block at once. */
internal class OwnArena private constructor(
    private val home: BlockHome,
    @JvmField val arena: Arena?,
    private val arenas: Arenas,
    /** How many pins there are, or [ENDED]. One for all the tenures of one arena. */
    private val pins: AtomicInteger = AtomicInteger(),
) : Tenure(home.owner, home.poolName, exact = true) {
    constructor(platform: Platform, home: BlockHome, arenas: Arenas) :
        this(home, if (platform.bindsViews) arenas.open() else null, arenas)

    override val charge: Charge? get() = home.charge

    override fun bytesOf(word: Int): Long = home.bytesOf(PackedBlock.codeOf(word))

    // The arena goes on. It is closed before the charge ends, for that may fail, and then nothing may have changed.
    override fun chargedTo(charge: Charge): Tenure = OwnArena(home.chargedTo(charge), arena, arenas, pins)

    override fun cancel() {
        if (!beginEnd()) return
        try {
            if (arena != null) arenas.close(arena)
        } catch (busy: IllegalStateException) {
            pins.set(0)
            throw busy
        }
    }

    override fun pin(): Boolean {
        while (true) {
            val seen = pins.get()
            if (seen == ENDED) return false
            if (pins.compareAndSet(seen, seen + 1)) return true
        }
    }

    override fun unpin() {
        pins.decrementAndGet()
    }

    /** Admits no more pins; false when that was done before. */
    private fun beginEnd(): Boolean {
        while (true) {
            val seen = pins.get()
            if (seen == ENDED) return false
            check(seen == 0) {
                "pool '$poolName': $seen input/output operations are using the lease: close it when they have ended"
            }
            if (pins.compareAndSet(0, ENDED)) return true
        }
    }

    override fun end(address: Long, word: Int, size: Long) {
        cancel()
        home.giveBack(address, PackedBlock.codeOf(word), size)
    }

    private companion object {
        const val ENDED = -1
    }
}
