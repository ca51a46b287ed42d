package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.MappedFileReadOnlyException
import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.block.Trace
import dev.leasehold.memory.internal.cache.UncachedCounts
import dev.leasehold.memory.internal.engine.EngineState
import dev.leasehold.memory.internal.engine.HeldSource
import dev.leasehold.memory.internal.engine.Taken
import dev.leasehold.memory.internal.engine.WaitLine
import dev.leasehold.memory.internal.epoch.EpochLedger
import dev.leasehold.memory.internal.epoch.KeptView

/** References to blocks: which one a block has, and the block that one leads to. Any thread. */
internal class FileReferences(
    private val state: EngineState,
    private val session: FileSession,
    private val line: WaitLine,
    private val counts: UncachedCounts,
    private val epochs: EpochLedger,
    private val blocks: FileBlocks,
    private val runs: FileRuns,
) {
    private val words = session.words
    private val holds = session.sessions.holds

    /** A block that was found by its reference: what it is made of, and how many bytes it has. */
    class Found(val taken: Taken, val size: Long)

    /** Why [find] found nothing. */
    enum class Missing { NOT_LINKED, NO_BUDGET, NO_HOLD }

    /** The place of the block at [address] of the kind [code], which the caller has. */
    fun placeOf(address: Long, code: Int): Place =
        if (code == BlockKind.LARGE) runs.placeOf(address) else blocks.placeOf(address)

    /** The reference to the block at [place], which the caller has. */
    fun refOf(place: Place): Long = place.refOf(words.get(place.state))

    /** The block that [ref] leads to, held by this session until it is given back; or [Missing]. */
    fun find(ref: Long): Any {
        if (session.isReadOnly) return if (holds.isLinked(ref)) found(ref, NO_SLOT) else Missing.NOT_LINKED
        val slot = holds.note(ref)
        if (slot < 0) return Missing.NO_HOLD
        return if (holds.isLinked(ref)) found(ref, slot) else missed(slot, ref, Missing.NOT_LINKED)
    }

    private fun found(ref: Long, slot: Int): Any {
        // It may have gone where nothing holds it.
        val place = Place.of(words, session.layout, ref) ?: return missed(slot, ref, Missing.NOT_LINKED)
        val size = session.sessions.checks.sizeOf(place)
        if (size < 0) {
            val _ = missed(slot, ref, Missing.NOT_LINKED)
            session.sessions.checks.damaged(place.state, "a block cannot have the size that its words say")
        }
        val bytes = place.bytes(words)
        if (state.leaf.insist { if (state.leaf.tryReserve(bytes)) Unit else null } == null) {
            return missed(slot, ref, Missing.NO_BUDGET)
        }
        counts.count(1, bytes)
        val source = FoundSource(place, ref, slot, bytes)
        return Found(Taken(session.base + place.offset, place.shape.code, source), size)
    }

    private fun missed(slot: Int, ref: Long, why: Missing): Missing {
        if (slot != NO_SLOT) holds.release(slot, ref)
        return why
    }

    private inner class FoundSource(
        private val place: Place,
        private val ref: Long,
        private val slot: Int,
        private val bytes: Long,
    ) : HeldSource(state) {
        init {
            isReadOnly = session.isReadOnly
        }

        override fun bytesOf(code: Int): Long = bytes

        override fun giveBack(address: Long, code: Int, size: Long) {
            if (state.cleared) return
            counts.count(-1, -bytes)
            if (slot != NO_SLOT) session.settled { holds.release(slot, ref) }
            line.serveAfter { state.leaf.release(bytes) }
            if (state.closed) session.endIfUnused()
        }

        override fun keptView(address: Long, size: Long, code: Int, trace: Trace?): KeptView =
            epochs.ownView(address, size, trace, isReadOnly)

        override val cutsViews: Boolean get() = true

        override fun resize(address: Long, code: Int, from: Long, size: Long, alone: Boolean): Int {
            if (session.isReadOnly) throw MappedFileReadOnlyException(session.file.path)
            if (size > bytes) return NOT_HERE
            session.settled { session.linkLock.withLock { Slack.change(session, place, size) } }
            return code
        }
    }

    private companion object {
        // That of a session that only reads, and so has no table.
        const val NO_SLOT = -1
    }
}
