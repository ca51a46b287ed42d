package dev.leasehold.memory.internal.mapped

/**
 * A change of links, roots and words that is made as one. For the thread that has the lock of links; what it reads
 * through this is what it has set.
 */
internal class Change(private val session: FileSession) {
    private val words = session.words
    private val layout = session.layout
    private val values = LinkedHashMap<Long, Long>()
    private val begun = ArrayList<Long>()
    private val unlinked = ArrayList<Long>()
    private val structures = ArrayList<Place>()
    private val inBlocks = HashMap<Long, Place>()

    operator fun get(offset: Long): Long = values[offset] ?: words.get(offset)

    operator fun set(offset: Long, value: Long) {
        // Last in the order in which words are stored.
        values.remove(offset)
        values[offset] = value
    }

    /** How many words it has. */
    val size: Int get() = values.size

    /** Adds a link to the block at [place], which the caller has, of which [size] bytes are in use. */
    fun link(place: Place, size: Long): LinkResult {
        val word = get(place.state)
        val links = StateWord.links(word)
        if (links == StateWord.MOST_LINKS) return LinkResult.TOO_MANY
        val slack = if (StateWord.state(word) == StateWord.LINKED) StateWord.slack(word) else begin(place, word, size)
        if (slack < 0) return LinkResult.NO_HOLD
        set(place.state, StateWord.linked(word, links + 1, slack))
        return LinkResult.DONE
    }

    /** Sets the word at [offset], which is one of the block at [place]. */
    fun setInBlock(place: Place, offset: Long, value: Long) {
        set(offset, value)
        inBlocks[offset] = place
    }

    /** Adds the first link to the block at [place], which no block object is for: all of its bytes are in use. */
    fun linkNew(place: Place) {
        set(place.state, StateWord.linked(get(place.state), 1, 0))
        addStructure(place)
    }

    /** Says that what the block at [place] has is changed by logs from now on, and by nothing else. */
    fun addStructure(place: Place) {
        structures.add(place)
    }

    // It has to be held by its table from now on, as its word will not say so any more.
    private fun begin(place: Place, word: Long, size: Long): Int {
        if (StateWord.state(word) == StateWord.HELD) {
            val address = session.base + place.offset
            if (!session.guests.begin(address, place.refOf(word))) return -1
            begun.add(address)
        }
        return Slack.of(words, place, size)
    }

    /** Takes a link to the block of [ref] away; false when none leads to it. */
    fun unlink(ref: Long): Boolean {
        val place = Place.of(words, layout, ref) ?: return false
        val word = get(place.state)
        val isThis = StateWord.state(word) == StateWord.LINKED && StateWord.generation(word) == RefWord.generation(ref)
        if (!isThis) return false
        val left = StateWord.links(word) - 1
        set(place.state, StateWord.linked(word, left, StateWord.slack(word)))
        if (left == 0) unlinked.add(ref)
        return true
    }

    /** Whether a link leads to the block of [ref]. */
    fun isLinked(ref: Long): Boolean {
        val place = Place.of(words, layout, ref) ?: return false
        val word = get(place.state)
        return StateWord.state(word) == StateWord.LINKED && StateWord.generation(word) == RefWord.generation(ref)
    }

    /** Makes it. */
    fun commit() {
        if (values.isEmpty()) return
        val log = session.log
        log.begin()
        for ((offset, value) in values) log.add(offset, value)
        structures.forEach(log::addStructure)
        for ((offset, place) in inBlocks) log.addInBlock(offset, place)
        log.commit()
    }

    /** Frees what no link leads to any more and nobody holds. After [commit], best without the lock. */
    fun freeUnlinked() {
        for (ref in unlinked) session.sessions.holds.freeIfUnlinked(ref)
    }

    /** Undoes what had to be done before [commit]. */
    fun cancel() {
        for (address in begun) session.guests.cancel(address)
    }

    internal companion object {
        /** The most words of one change; one more is the journal's. */
        const val MOST: Int = RedoLog.MOST - 1
    }

    /** What came of [link]. */
    enum class LinkResult { DONE, TOO_MANY, NO_HOLD }
}
