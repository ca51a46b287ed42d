package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.budget.BudgetLeaf
import java.util.concurrent.locks.ReentrantLock

/**
 * The runs that one session owns: where its caches' blocks come from and go to. All that changes is under [lock].
 *
 * The budget pays for each page that a block is taken from, until no block of it is out and it is [dropped][dropIdle].
 *
 * @param idleBound how many bytes may lie idle before runs without a block in use are given back
 */
internal class FileStore(
    private val sessions: Sessions,
    private val leaf: BudgetLeaf,
    growth: Long,
    private val idleBound: () -> Long,
) {
    val lock: ReentrantLock = ReentrantLock()
    val runs: Runs = Runs(sessions, growth)
    private val words = sessions.words
    private val layout = sessions.layout
    private val open = Array(SizeClasses.indexOf(RunShape.LARGEST) + 1) { ArrayDeque<Slab>() }
    private val owned = Array(open.size) { LinkedHashSet<Slab>() }

    // How many entries of [open] are of slabs that were given up.
    private var stale = 0

    // Whether a slab is being looked through, so that none is given up.
    private var collecting = false

    // By span. Replaced when it grows, and read without the lock for spans of which a block is in the reader's hands.
    @Volatile private var slabs = arrayOfNulls<Slab>(0)

    /** How many bytes of blocks are at hand, or were at hand when last looked at. */
    var idle: Long = 0
        private set

    /** Grows with what comes back. */
    @Volatile
    var returns: Long = 0
        private set

    /** The slab that has the byte at [offset] in the file, of which a block is in the caller's hands. */
    fun slabAt(offset: Long): Slab = checkNotNull(slabs[layout.spanOf(offset).toInt()])

    /** The slab that has [span], if this session owns it. A moment's truth: see [Slab.isGone]. */
    fun slabOf(span: Long): Slab? = slabs.getOrNull(span.toInt())

    // ---- taking ----

    /** Takes a block of the size class [code]: where it lies in the file, or 0. */
    fun take(code: Int): Long {
        var dropped = false
        while (true) {
            val slab = open[code].lastOrNull() ?: findSlab(code) ?: return 0
            if (!slab.isOpen || slab.free == 0) {
                if (slab.isOpen) slab.isOpen = false else stale--
                open[code].removeLast()
                continue
            }
            val index = slab.first()
            if (pay(slab, slab.pagesOf(index))) return takeFrom(slab, index)
            // This may give the slab back as a whole.
            if (dropped || dropIdle() == 0L) return 0
            dropped = true
        }
    }

    private fun takeFrom(slab: Slab, index: Int): Long {
        slab.remove(index)
        idle -= slab.shape.blockBytes
        return slab.offset + slab.shape.blockOf(index)
    }

    private fun pay(slab: Slab, pages: Long): Boolean {
        val more = (pages and slab.paid.inv()).countOneBits()
        if (more > 0 && !leaf.tryReserve(more * FileLayout.PAGE)) return false
        slab.paid = slab.paid or pages
        return true
    }

    private fun findSlab(code: Int): Slab? {
        for (slab in owned[code]) if (hasFreed(slab) && collect(slab)) return slab
        val shape = RunShape.of(code)
        while (true) {
            val adopted = runs.adopt(code)
            if (adopted < 0) break
            val slab = Slab(layout, adopted, shape)
            val settled = BooleanArray(shape.count) { runs.settle(slab.place(it)) }
            enter(slab)
            for (index in settled.indices) if (settled[index]) add(slab, index) else slab.addLinked(1)
            if (slab.free > 0) return slab
        }
        val claimed = runs.claim(shape, shape.spans.toLong())
        if (claimed < 0) return null
        // Its blocks are touched one after the other: to meet their pages one by one costs several times as much.
        sessions.file.populate(layout.spanAt(claimed), shape.spans * FileLayout.SPAN)
        val slab = Slab(layout, claimed, shape)
        enter(slab)
        for (index in 0 until shape.count) add(slab, index)
        return slab
    }

    private fun hasFreed(slab: Slab) = words.get(slab.offset + FileLayout.REMOTE) != 0L

    private fun enter(slab: Slab) {
        val first = slab.span.toInt()
        val last = first + slab.shape.spans
        if (last > slabs.size) slabs = slabs.copyOf(maxOf(last, 2 * slabs.size))
        for (span in first until last) slabs[span] = slab
        owned[slab.shape.code].add(slab)
    }

    private fun add(slab: Slab, index: Int) {
        slab.add(index)
        idle += slab.shape.blockBytes
        if (slab.isOpen) return
        slab.isOpen = true
        open[slab.shape.code].addLast(slab)
    }

    /** Takes in what others have freed in [slab]; whether there was any. */
    @IgnorableReturnValue
    private fun collect(slab: Slab): Boolean {
        // First: what is freed from now on counts again.
        words.setVolatile(slab.offset + FileLayout.REMOTE, 0)
        val before = slab.free
        collecting = true
        try {
            for (index in 0 until slab.shape.count) collect(slab, index)
        } finally {
            collecting = false
        }
        return slab.free > before
    }

    private fun collect(slab: Slab, index: Int) {
        val place = slab.place(index)
        val word = words.get(place.state)
        if (StateWord.state(word) == StateWord.UNLINKED) sessions.holds.freeIfUnlinked(place.refOf(word))
        if (StateWord.state(word) != StateWord.FREE) return
        words.set(place.state, StateWord.cached(StateWord.generation(word), sessions.number))
        slab.addLinked(-1)
        add(slab, index)
    }

    // ---- giving back ----

    /** Takes the block at [offset] back, which is cached. */
    fun giveBack(offset: Long) {
        val slab = slabAt(offset)
        add(slab, slab.shape.indexOf(offset - slab.offset))
        returns++
        giveUpIfIdle(slab)
    }

    // What lies idle in other runs goes when it is dropped.
    private fun giveUpIfIdle(slab: Slab) {
        if (!collecting && slab.isIdle && idle > idleBound()) giveUp(slab)
    }

    /** The block at [offset] is no longer this session's, and lives on by its links. */
    fun leaveLinked(offset: Long) {
        val slab = slabAt(offset)
        slab.addLinked(1)
        returns++
        giveUpIfIdle(slab)
    }

    /** Frees the block at [place], which is unlinked and held by nobody, if its state is [word]. */
    fun freeUnlinked(place: Place, word: Long): Boolean {
        val slab = slabs.getOrNull(place.span.toInt()) ?: return giveUpUnlinked(place, word)
        val mine = StateWord.freed(word, sessions.number)
        if (!words.compareAndSet(place.state, word, mine)) return false
        slab.addLinked(-1)
        giveBack(place.offset)
        return true
    }

    private fun giveUpUnlinked(place: Place, word: Long): Boolean {
        if (!sessions.holds.giveUp(place, word)) return false
        if (place.shape.code == BlockKind.LARGE) runs.releaseAbandoned(place.span)
        return true
    }

    /** Stops paying for pages of which no block is out; returns how many bytes they have. */
    fun dropIdle(): Long {
        var dropped = 0L
        for (slabs in owned) {
            for (slab in slabs.toTypedArray()) {
                if (hasFreed(slab)) collect(slab)
                dropped += if (slab.isIdle) giveUp(slab) else stopPaying(slab, slab.paid and slab.pagesInUse().inv())
            }
        }
        return dropped
    }

    @IgnorableReturnValue
    private fun stopPaying(slab: Slab, pages: Long): Long {
        val bytes = pages.countOneBits() * FileLayout.PAGE
        if (bytes > 0) leaf.release(bytes)
        slab.paid = slab.paid and pages.inv()
        return bytes
    }

    @IgnorableReturnValue
    private fun giveUp(slab: Slab): Long {
        // First: who frees a linked block without the lock counts it as linked no more, and looks at this then.
        slab.isGone = true
        if (!slab.isIdle) {
            slab.isGone = false
            return 0
        }
        val code = slab.shape.code
        owned[code].remove(slab)
        if (slab.isOpen) forgetOpen(slab)
        idle -= slab.free * slab.shape.blockBytes
        for (each in 0 until slab.shape.spans) slabs[slab.span.toInt() + each] = null
        if (slab.isUnused) runs.release(slab.span) else runs.abandon(slab.span)
        return stopPaying(slab, slab.paid)
    }

    private fun forgetOpen(slab: Slab) {
        slab.isOpen = false
        if (++stale < MOST_STALE) return
        for (slabs in open) slabs.removeIf { !it.isOpen }
        stale = 0
    }

    /** Something that is no block of a run has come back. */
    fun cameBack() {
        returns++
    }

    /** Stops paying for anything, when the file is out of reach. */
    fun forget() {
        for (slabs in owned) {
            for (slab in slabs) stopPaying(slab, slab.paid)
            slabs.clear()
        }
        for (slabs in open) slabs.clear()
    }

    private companion object {
        const val MOST_STALE = 1024
    }
}
