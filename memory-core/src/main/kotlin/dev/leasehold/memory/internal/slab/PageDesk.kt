package dev.leasehold.memory.internal.slab

import kotlin.concurrent.withLock

/** Takes runs of pages from an engine's [store], counts them, finds them by id and takes them back. Any thread. */
internal class PageDesk(private val engine: SlabEngine, private val store: SlabStore, private val counts: Counts) {
    /** The engine, as far as what happens here is its business. */
    interface Counts {
        /** Counts [runs] and [bytes] more, which may be negative, as allocated. */
        fun countPages(runs: Long, bytes: Long)

        /** Says that pages have come back and the lock is free again. */
        fun pagesCameBack()
    }

    /** How many bytes a page has. */
    val pageSize: Long get() = store.pageSize

    /** Takes [count] pages that lie together, without waiting; null when they cannot be had. */
    fun take(count: Int): Taken? = engine.account.insist {
        takeOnce(count) ?: if (mayTake()) engine.pressed { takeOnce(count) } else null
    }

    private fun mayTake() = !engine.closed && engine.line.length == 0

    private fun takeOnce(count: Int): Taken? {
        if (!mayTake()) return null
        val home = PageHome(this, count, engine.owner, engine.poolName)
        if (!store.lock.withLock { store.takePages(home) }) return null
        counts.countPages(1, count * pageSize)
        return Taken(home.address, SlabEngine.LARGE, home)
    }

    /** The home of the run that has the page [id], or null. Its last reference may be gone. */
    fun find(id: Long): PageHome? = store.homeOfPage(id)

    /** Makes the pages of [home] [wanted] where they lie; false when they cannot be, and then nothing has changed. */
    fun tryResize(home: PageHome, wanted: Int): Boolean {
        if (wanted <= home.count) return resizeOnce(home, wanted)
        return engine.account.insist { growOnce(home, wanted).takeIf { it } } != null
    }

    // What stops it may be a neighbour, and then there is nothing to press for.
    private fun growOnce(home: PageHome, wanted: Int): Boolean = resizeOnce(home, wanted) ||
        (hasRoomFor(home, wanted) && mayTake() && engine.pressed { resizeOnce(home, wanted) })

    private fun hasRoomFor(home: PageHome, wanted: Int) = store.lock.withLock { store.hasRoomFor(home, wanted) }

    private fun resizeOnce(home: PageHome, wanted: Int): Boolean {
        val more = wanted - home.count
        if (!store.lock.withLock { resizeLocked(home, wanted, more) }) return false
        counts.countPages(0, more * pageSize)
        if (more < 0) counts.pagesCameBack()
        return true
    }

    private fun resizeLocked(home: PageHome, wanted: Int, more: Int): Boolean {
        if (more > 0) return store.tryExtendPages(home, wanted)
        if (more < 0) {
            store.shrinkPages(home, wanted)
            engine.line.serve()
        }
        return true
    }

    fun giveBack(home: PageHome, size: Long) {
        val hygiene = engine.hygiene
        if (hygiene.onClose) hygiene.ended(home.address, size)
        counts.countPages(-1, -home.count * pageSize)
        store.lock.withLock {
            store.giveBackPages(home)
            engine.line.serve()
        }
        counts.pagesCameBack()
    }

    companion object {
        /** The most pages that a run can have. */
        const val MOST_PAGES: Long = Region.MOST_PAGES.toLong()
    }
}
