package dev.leasehold.memory.internal.mapped

/** A redo log of a file with a [journal]: each change is written down there before it is made. */
internal class JournaledLog(words: FileWords, lane: Long, private val journal: Journal) : RedoLog(words, lane) {
    private val structures = ArrayList<Place>()
    private val inBlocks = HashMap<Long, Place>()

    override fun begin() {
        super.begin()
        structures.clear()
        inBlocks.clear()
    }

    override fun addStructure(place: Place) {
        structures.add(place)
    }

    override fun addInBlock(offset: Long, place: Place) {
        inBlocks[offset] = place
    }

    override fun commit(): Unit = journal.append(this, structures, inBlocks) { super.commit() }
}
