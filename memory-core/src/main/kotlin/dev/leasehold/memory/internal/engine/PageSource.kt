package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.platform.hex

/** The source of one run of pages, which are found by their ids. */
internal abstract class PageSource(state: EngineState) : HeldSource(state) {
    /** Where the first page lies. */
    abstract val address: Long

    /** The id of the first page; consecutive ids follow it. */
    abstract val id: Long

    /** How many bytes a page has. */
    abstract val pageSize: Long

    /** Runs once, before the pages are freed and can be taken again. Set by the one that took them. */
    @Volatile
    var onFree: () -> Unit = {}

    override val isExact: Boolean get() = true

    // A run is found by its ids while others use it, so its views must be gone before its pages are.
    override val cutsViews: Boolean get() = true

    override fun returnsTail(code: Int, size: Long): Boolean = true

    override fun describe(address: Long, size: Long): String =
        "Run of the ${idsOf((size / pageSize).toInt())} (${bytes(size)} at ${hex(address)})"

    /** The ids of the first [count] pages, for messages. */
    fun idsOf(count: Int): String = if (count == 1) "page $id" else "pages $id to ${id + count - 1}"
}
