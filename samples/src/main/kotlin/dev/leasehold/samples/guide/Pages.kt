package dev.leasehold.samples.guide

import dev.leasehold.memory.MemoryManager

/** The guide's snippets on pages. What stands between a region's comments is what docs/guide.md shows. */
internal object Pages {
    /** Returns what is found by the id that another page holds, before and after the run has grown. */
    fun references(manager: MemoryManager): List<Long?> {
        // region pages
        val root = manager.allocatePages(1) // manager.pageSize bytes each, not zeroed
        val leaf = manager.allocatePages(3)
        leaf.withSegment { it.setLong(manager.pageSize, 4711) } // in its second page
        root.withSegment { it.setLong(0, leaf.id + 1) } // refers to that page by its id
        // endregion
        // region find pages
        val id = root.withSegment { it.getLong(0) }
        val value = manager.findPages(id)?.use { run -> run.withSegment { it.getLong(run.offsetOf(id)) } }
        // endregion
        val wall = manager.allocatePages(1)
        // region grow pages
        val grown = leaf.resizePages(6, zeroed = true) // go on with the returned run, as with a block
        if (grown.id != leaf.id) root.withSegment { it.setLong(0, grown.id + 1) }
        // endregion
        wall.close()
        val next = root.withSegment { it.getLong(0) }
        val again = manager.findPages(next)?.use { run -> run.withSegment { it.getLong(run.offsetOf(next)) } }
        grown.close()
        root.close()
        return listOf(value, again, manager.findPages(next)?.id)
    }
}
