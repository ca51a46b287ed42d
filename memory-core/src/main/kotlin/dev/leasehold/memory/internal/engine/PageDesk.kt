package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.store.Region
import dev.leasehold.memory.internal.store.SlabStore
import kotlin.concurrent.withLock

/** Takes runs of pages from an engine's [store], counts them, finds them by id and takes them back. Any thread. */
internal class PageDesk(private val engine: SlabEngine, private val store: SlabStore) {
    private val counts = engine.counts

    /** How many bytes a page has. */
    val pageSize: Long get() = store.pageSize

    /** Takes [count] pages that lie together, without waiting; null when they cannot be had. */
    fun take(count: Int): Taken? = engine.account.insist {
        takeOnce(count) ?: if (engine.mayTake) engine.pressure.pressed { takeOnce(count) } else null
    }

    private fun takeOnce(count: Int): Taken? {
        if (!engine.mayTake) return null
        val home = PageHome(this, count, engine.owner, engine.poolName)
        if (!store.lock.withLock { store.takePages(home) }) return null
        counts.count(1, count * pageSize)
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
        (hasRoomFor(home, wanted) && engine.mayTake && engine.pressure.pressed { resizeOnce(home, wanted) })

    private fun hasRoomFor(home: PageHome, wanted: Int) = store.lock.withLock { store.hasRoomFor(home, wanted) }

    private fun resizeOnce(home: PageHome, wanted: Int): Boolean {
        val more = wanted - home.count
        if (!store.lock.withLock { resizeLocked(home, wanted, more) }) return false
        counts.count(0, more * pageSize)
        if (more < 0) engine.pressure.relieve()
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
        counts.count(-1, -home.count * pageSize)
        engine.takeBack { store.giveBackPages(home) }
        engine.pressure.relieve()
    }

    companion object {
        /** The most pages that a run can have. */
        const val MOST_PAGES: Long = Region.MOST_PAGES.toLong()
    }
}
