package dev.leasehold.memory.internal.store

/**
 * Pages that were taken together, which are found by the id of any of them. Set before it can be found; [count] is
 * changed by the one thread that resizes them.
 */
internal class Pages(count: Int) {
    /** The id of the first page; consecutive ids follow it. */
    var id: Long = 0
        private set

    /** Where the first page lies. */
    var address: Long = 0
        private set

    var count: Int = count
        private set

    /** The pages lie at [address], and the first has the id [id]. */
    fun placed(address: Long, id: Long) {
        this.address = address
        this.id = id
    }

    /** There are [count] of them from now on. */
    fun resized(count: Int) {
        this.count = count
    }
}
