package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.block.Trace
import dev.leasehold.memory.internal.engine.EngineState
import dev.leasehold.memory.internal.engine.HeldSource
import dev.leasehold.memory.internal.epoch.EpochLedger
import dev.leasehold.memory.internal.epoch.EpochView
import dev.leasehold.memory.internal.epoch.KeptView

/** The source of blocks of a size class in a file. */
internal class FileSource(
    state: EngineState,
    private val session: FileSession,
    private val blocks: FileBlocks,
    private val epochs: EpochLedger,
    private val hygiene: HygieneAction,
) : HeldSource(state) {
    override fun giveBack(address: Long, code: Int, size: Long) {
        if (state.cleared) return
        session.guarded { blocks.giveBack(address, code, size) }
    }

    override fun keptView(address: Long, size: Long, code: Int, trace: Trace?): KeptView = if (trace !=
        null
    ) {
        epochs.ownView(address, size, trace)
    } else {
        epochs.view(address, size, SizeClasses.sizeOf(code))
    }

    override fun quarantine(view: EpochView, address: Long, code: Int, size: Long) {
        if (hygiene.onClose) hygiene.ended(address, size)
        blocks.countQuarantined(code)
        view.quarantine(address, code)
        if (!state.closed) return
        epochs.retireNow()
        session.endIfUnused()
    }

    override fun resize(address: Long, code: Int, from: Long, size: Long, alone: Boolean): Int {
        if (size > SizeClasses.sizeOf(code)) return NOT_HERE
        session.guarded { blocks.resized(address, size) }
        return code
    }
}
