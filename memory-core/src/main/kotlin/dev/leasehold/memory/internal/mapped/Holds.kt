package dev.leasehold.memory.internal.mapped

import java.lang.invoke.VarHandle

/**
 * What sessions hold of blocks that links lead to: so that the last link can go while a block is in use, and the block
 * stays until the use is over.
 *
 * Each session writes the references that it holds into a table of its own. It writes one down first, and looks then
 * whether the block is still linked; who takes the last link away does that first, and looks then whether the block is
 * in a table. So either sees the other (hazard pointers: Michael, 2004). No count is shared, and a session that dies
 * leaves nothing to repair but its own table.
 */
internal open class Holds(private val sessions: Sessions) {
    private val words = sessions.words
    private val layout = sessions.layout
    private val free = ArrayDeque<Int>()

    /** Frees the block at a place whose word, given, says that it is unlinked; false when the word is another now. */
    var freeing: (Place, Long) -> Boolean = ::giveUp

    private var used = 0

    private fun at(slot: Int) = layout.holdsOf(sessions.number) + slot * Long.SIZE_BYTES

    /** Writes [ref] down and returns its slot, for [release]; -1 when the table is full. */
    fun note(ref: Long): Int {
        val slot = takeSlot()
        if (slot >= 0) words.setVolatile(at(slot), ref)
        return slot
    }

    @Synchronized
    private fun takeSlot(): Int {
        val known = free.removeLastOrNull()
        if (known != null) return known
        if (used == FileLayout.HOLD_COUNT) return -1
        words.set(layout.session(sessions.number) + FileLayout.MOST_HOLDS, used + 1L)
        return used++
    }

    /** Whether [ref], which is [noted][note], leads to a linked block. */
    fun isLinked(ref: Long): Boolean {
        val place = Place.of(words, layout, ref) ?: return false
        val word = words.getVolatile(place.state)
        return StateWord.state(word) == StateWord.LINKED && StateWord.generation(word) == RefWord.generation(ref)
    }

    /** Ends the hold in [slot]; the block of [ref] becomes free if this was all that kept it. */
    fun release(slot: Int, ref: Long) {
        words.setVolatile(at(slot), 0)
        synchronized(this) { free.addLast(slot) }
        freeIfUnlinked(ref)
    }

    /** Frees the block of [ref], if no link leads to it any more and no session holds it; who does so is one. */
    fun freeIfUnlinked(ref: Long) {
        val place = Place.of(words, layout, ref) ?: return
        val word = words.getVolatile(place.state)
        if (StateWord.state(word) != StateWord.UNLINKED) return
        // Until the next commit a failure of the power would bring its links back.
        if (StateWord.isWaiting(word, words.get(FileLayout.COMMITTED))) return
        if (StateWord.generation(word) != RefWord.generation(ref) || isHeld(ref)) return
        val _ = freeing(place, word)
    }

    /** Leaves the block at [place] to the session that owns its run. */
    fun giveUp(place: Place, word: Long): Boolean {
        if (!words.compareAndSet(place.state, word, StateWord.given(word))) return false
        words.add(place.remote, 1)
        return true
    }

    /** Whether a session that lives holds [ref]. */
    open fun isHeld(ref: Long): Boolean {
        VarHandle.fullFence()
        for (other in 1..sessions.most) {
            if (isIn(other, ref) && !sessions.recoverIfDead(other)) return true
        }
        return false
    }

    private fun isIn(other: Int, ref: Long): Boolean {
        if (!sessions.isActive(other)) return false
        val table = layout.holdsOf(other)
        for (slot in 0 until sessions.checks.mostHolds(other)) {
            if (words.get(table + slot * Long.SIZE_BYTES) == ref) return true
        }
        return false
    }
}
