package dev.leasehold.memory.internal.store

/**
 * The slabs of one class that have a free block, oldest place first. Under the store's lock.
 *
 * Slabs with a ready block come before slabs whose free blocks must be paid for. A slab moves when it is touched; one
 * whose idle pages went meanwhile is found out, and moved, when it is looked at.
 */
internal class OpenSlabs {
    enum class Place { NONE, READY, AWAY }

    private val ready = SplayTree<Slab>()
    private val away = SplayTree<Slab>()

    /** Takes a block; 0 when there is none, or none can be paid for. */
    fun take(): Long {
        val slab = readySlab() ?: paidSlab() ?: return 0
        val address = slab.take()
        settle(slab)
        return address
    }

    private fun readySlab(): Slab? {
        while (true) {
            val slab = ready.first() ?: return null
            if (slab.isReady) return slab
            settle(slab)
        }
    }

    private fun paidSlab(): Slab? {
        var bound = Int.MAX_VALUE
        var next = away.first()
        while (next != null) {
            bound = next.payForBlock(bound)
            if (bound == 0) return next
            if (bound == 1) return null
            next = away.after(next)
        }
        return null
    }

    /** Puts [slab], of which a block was taken or came back, where it belongs. */
    fun settle(slab: Slab) {
        val place = if (slab.isFull) {
            Place.NONE
        } else if (slab.isReady) {
            Place.READY
        } else {
            Place.AWAY
        }
        if (place == slab.place) return
        remove(slab)
        val added = listOf(place)?.add(slab) ?: true
        check(added) { "${slab.span} is open already" }
        slab.place = place
    }

    /** Forgets [slab], which is empty. */
    fun remove(slab: Slab) {
        val removed = listOf(slab.place)?.remove(slab) ?: true
        check(removed) { "${slab.span} is not open" }
        slab.place = Place.NONE
    }

    private fun listOf(place: Place): SplayTree<Slab>? = when (place) {
        Place.NONE -> null
        Place.READY -> ready
        Place.AWAY -> away
    }
}
