package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.Attachment
import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.block.BlockSource
import dev.leasehold.memory.internal.block.LostMemory
import dev.leasehold.memory.internal.epoch.EpochView
import dev.leasehold.memory.internal.epoch.KeptView
import dev.leasehold.memory.internal.epoch.OwnView

// What goes back when a lease or a block is lost: none of these refers to the holder.

/** The block of a lease that came from [source], which belongs to the renter's thread. */
internal fun EngineState.lostLease(source: BlockSource, address: Long, code: Int, size: Long): LostMemory? {
    if (traces.keepsLost) return null
    val any = if (code < BlockKind.LARGE) left.source ?: source else source
    return LostMemory {
        any.giveBack(address, code, size)
        true
    }
}

/** The [bytes] at [address], which a block held that any thread could use, and may have kept [view] of. */
internal fun HeldSource.lostBlock(address: Long, code: Int, bytes: Long, view: KeptView?): LostMemory? =
    if (state.traces.keepsLost || !returnsLost) null else LostMemory { giveLostBack(address, code, bytes, view) }

/** Watches what has just been made of the [bytes] at [address] and has [attachment]. */
internal fun HeldSource.watch(attachment: Attachment, address: Long, code: Int, bytes: Long) {
    attachment.watch(lostBlock(address, code, bytes, null))
    // A clear that did not see it takes it back, too.
    if (state.cleared) attachment.trace?.takenBack()
}

private fun HeldSource.giveLostBack(address: Long, code: Int, bytes: Long, view: KeptView?): Boolean {
    if (state.cleared) return true
    when (view) {
        null -> giveBack(address, code, bytes)

        is EpochView -> quarantine(view, address, code, bytes)

        is OwnView -> {
            try {
                view.cut()
            } catch (_: IllegalStateException) {
                // A native call uses it, and may for ever.
                return false
            }
            giveBack(address, code, bytes)
        }
    }
    return true
}
