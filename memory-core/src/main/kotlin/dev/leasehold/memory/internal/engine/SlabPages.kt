package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Trace
import dev.leasehold.memory.internal.cache.UncachedCounts
import dev.leasehold.memory.internal.epoch.EpochLedger
import dev.leasehold.memory.internal.epoch.KeptView
import dev.leasehold.memory.internal.platform.StackRoom
import dev.leasehold.memory.internal.store.Pages
import dev.leasehold.memory.internal.store.SlabStore
import kotlin.concurrent.withLock

/** Takes runs of pages from an engine's [store], counts them and finds them by id. Any thread. */
internal class SlabPages(
    private val state: EngineState,
    private val store: SlabStore,
    private val line: WaitLine,
    private val shortage: Shortage,
    private val reclaim: Reclaim,
    private val epochs: EpochLedger,
    private val counts: UncachedCounts,
    private val hygiene: HygieneAction,
) {
    /** Takes [count] pages that lie together, without waiting; null when they cannot be had. */
    fun take(count: Int): PageSource? {
        StackRoom.require()
        return state.leaf.insist {
            takeOnce(count) ?: if (shortage.mayTake) reclaim.before { takeOnce(count) } else null
        }
    }

    private fun takeOnce(count: Int): PageSource? {
        if (!shortage.mayTake) return null
        val pages = Pages(count)
        val source = Source(pages)
        if (!store.lock.withLock { store.takePages(pages) }) return null
        counts.count(1, count * store.pageSize)
        return source
    }

    /** The id of the first page of those that were taken with the page [id], or 0. Their last reference may be gone. */
    fun firstPageOf(id: Long): Long = store.pagesOf(id)?.id ?: 0

    private inner class Source(private val pages: Pages) : PageSource(state) {
        override val address: Long get() = pages.address
        override val id: Long get() = pages.id
        override val pageSize: Long get() = store.pageSize

        override fun bytesOf(code: Int): Long = pages.count * store.pageSize

        override fun keptView(address: Long, size: Long, code: Int, trace: Trace?): KeptView =
            epochs.ownView(address, size, trace)

        override fun resize(address: Long, code: Int, from: Long, size: Long, alone: Boolean): Int {
            StackRoom.require()
            val wanted = (size / store.pageSize).toInt()
            val done = when {
                wanted == pages.count -> true
                wanted > pages.count -> grow(wanted)
                else -> alone && shrink(wanted)
            }
            return if (done) code else NOT_HERE
        }

        private fun grow(wanted: Int): Boolean = state.leaf.insist { if (growOnce(wanted)) Unit else null } != null

        // What stops it may be a neighbour, and then reclaiming does not help.
        private fun growOnce(wanted: Int): Boolean = extend(wanted) ||
            (hasRoomFor(wanted) && shortage.mayTake && reclaim.before { extend(wanted) })

        private fun hasRoomFor(wanted: Int) = store.lock.withLock { store.hasRoomFor(pages, wanted) }

        private fun extend(wanted: Int): Boolean {
            if (!store.lock.withLock { store.tryExtendPages(pages, wanted) }) return false
            return changed(wanted)
        }

        private fun shrink(wanted: Int): Boolean {
            line.serveAfter { store.shrinkPages(pages, wanted) }
            return changed(wanted).also { shortage.cameBack() }
        }

        private fun changed(wanted: Int): Boolean {
            counts.count(0, (wanted - pages.count) * store.pageSize)
            pages.resized(wanted)
            return true
        }

        override fun giveBack(address: Long, code: Int, size: Long) {
            StackRoom.require()
            if (hygiene.onClose) hygiene.ended(address, size)
            onFree()
            counts.count(-1, -pages.count * store.pageSize)
            line.serveAfter { store.giveBackPages(pages) }
            shortage.cameBack()
        }
    }
}
