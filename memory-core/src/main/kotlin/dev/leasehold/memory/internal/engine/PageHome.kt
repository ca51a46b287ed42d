package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.access.AccessFailures.hex
import dev.leasehold.memory.internal.block.BlockHome

/** Where a run of pages goes, how it grows, and who is found by the ids of its pages. */
internal class PageHome(private val pages: PageDesk, count: Int, owner: Any, poolName: String) :
    BlockHome(owner, poolName) {
    /** The id of the first page; consecutive ones follow it. */
    var id: Long = 0
        private set

    /** Where the first page lies. */
    var address: Long = 0
        private set

    /** How many pages there are. Changed by whoever resizes the run, one at a time. */
    var count: Int = count
        private set

    /** The run as the floors above know it; null until it has been made. */
    @Volatile
    var holder: Any? = null

    // A run is found by its ids while others use it, so its views must be gone before its pages are.
    override val wantsOwnArena: Boolean get() = true

    /** How many bytes a page has. */
    val pageSize: Long get() = pages.pageSize

    /** Says where the pages lie, before anybody can find them. */
    fun settle(address: Long, id: Long) {
        this.address = address
        this.id = id
    }

    /**
     * Makes the run [wanted] pages long where it lies, at the cost of the free pages behind it, or by giving its tail
     * back, which nobody may reach any more.
     *
     * @return false when that is not possible; then nothing has changed
     */
    fun tryResize(wanted: Int): Boolean {
        if (!pages.tryResize(this, wanted)) return false
        count = wanted
        return true
    }

    override fun describe(address: Long, size: Long): String =
        "Run of the ${idsOf((size / pageSize).toInt())} ($size bytes at ${hex(address)})"

    /** The ids of the first [count] pages, for messages. */
    fun idsOf(count: Int): String = if (count == 1) "page $id" else "pages $id to ${id + count - 1}"

    override fun bytesOf(code: Int): Long = count * pages.pageSize

    override fun giveBack(address: Long, code: Int, size: Long): Unit = pages.giveBack(this, size)
}
