package dev.leasehold.memory.internal.permanent

/**
 * The records of a table: blocks of addresses, each twice as long as the one before it, in a list.
 *
 *     table ─▶ block of 29 ─▶ block of 58 ─▶ …
 *                │ │ └─▶ record: its length, its bytes
 *
 * A record is written first. Then its address is put into the first empty place by a compare-and-set, which numbers it
 * and shows it to all in one step: one that dies before has left nothing but unused bytes, and one that dies later is
 * not needed any more. Places are filled in their order, so the first empty one is the end.
 *
 * @param link the address of the word that leads to the first block
 */
internal open class TableRecords(
    private val memory: TableMemory,
    private val link: Long,
    private val damaged: (address: Long) -> Nothing,
) {
    /** A block that was found: where it is, and how many places are before it. */
    private class Block(val buffer: AppendBuffer, val at: Long, val places: Long, val before: Long)

    // Blocks that exist never change their place.
    @Volatile
    private var known = emptyArray<Block>()

    /** How many records there are. */
    val size: Long
        get() {
            var last = lastBlock() ?: return 0
            while (true) {
                val used = usedOf(last)
                if (used < last.places) return last.before + used
                last = nextOf(last) ?: return last.before + last.places
            }
        }

    /** The address of the record [index]; 0 when there is none. */
    fun address(index: Long): Long {
        if (index < 0) return 0
        var block = known.findLast { it.before <= index } ?: firstBlock() ?: return 0
        while (index >= block.before + block.places) block = nextOf(block) ?: return 0
        return block.buffer.content.get(placeOf(block, index - block.before))
    }

    /** The buffer that has the record at [address]. */
    fun bufferOf(address: Long): AppendBuffer {
        val buffer = memory.holding(address, Long.SIZE_BYTES.toLong())
        if (buffer == null || address % Long.SIZE_BYTES != 0L) damaged(address)
        return buffer
    }

    /** How many bytes the record at [address] has, which is in [buffer]. */
    fun sizeOf(address: Long, buffer: AppendBuffer): Long {
        val bytes = buffer.content.get(address - buffer.address)
        if (bytes < 0 || !buffer.holds(address + Long.SIZE_BYTES, bytes)) damaged(address)
        return bytes
    }

    /** Takes the room of a record of [bytes] bytes, and says in it how many those are: its address. */
    open fun reserve(bytes: Long): Long {
        val address = memory.claim(Long.SIZE_BYTES + bytes)
        val buffer = bufferOf(address)
        buffer.content.set(address - buffer.address, bytes)
        return address
    }

    /** Shows the record at [address], which is filled, to all: its number. */
    open fun publish(address: Long): Long {
        var block = lastBlock() ?: addBlock(null)
        while (true) {
            var place = usedOf(block)
            while (place < block.places) {
                if (block.buffer.content.compareAndSet(placeOf(block, place), 0, address)) {
                    // A hint where the end is: it may lag behind.
                    block.buffer.content.set(block.at + USED, place + 1)
                    return block.before + place
                }
                place++
            }
            block = nextOf(block) ?: addBlock(block)
        }
    }

    /** How many places of [block] are filled: at least as many as the hint says, which cannot be ahead. */
    private fun usedOf(block: Block): Long {
        val words = block.buffer.content
        var used = words.get(block.at + USED).coerceIn(0, block.places)
        while (used < block.places && words.get(placeOf(block, used)) != 0L) used++
        return used
    }

    private fun placeOf(block: Block, place: Long) = block.at + BLOCK_HEADER + place * Long.SIZE_BYTES

    /** The last block that is known, after those were found that are; null when there is none. */
    private fun lastBlock(): Block? = known.lastOrNull() ?: firstBlock()

    private fun firstBlock(): Block? = blockAt(linkWord(null), null)

    private fun nextOf(block: Block): Block? {
        val before = block.before + block.places
        return known.findLast { it.before == before } ?: blockAt(linkWord(block), block)
    }

    private fun linkWord(block: Block?): Long {
        if (block != null) return block.buffer.content.get(block.at + NEXT)
        val buffer = bufferOf(link)
        return buffer.content.get(link - buffer.address)
    }

    private fun setLink(block: Block?, address: Long): Boolean {
        if (block != null) return block.buffer.content.compareAndSet(block.at + NEXT, 0, address)
        val buffer = bufferOf(link)
        return buffer.content.compareAndSet(link - buffer.address, 0, address)
    }

    private fun blockAt(address: Long, before: Block?): Block? {
        if (address == 0L) return null
        val buffer = bufferOf(address)
        val at = address - buffer.address
        val places = if (buffer.holds(address, BLOCK_HEADER)) buffer.content.get(at + PLACES) else -1
        val isWhole = places in 1..MOST_PLACES && buffer.holds(address, BLOCK_HEADER + places * Long.SIZE_BYTES)
        if (!isWhole) damaged(address)
        val block = Block(buffer, at, places, if (before == null) 0 else before.before + before.places)
        // One that leads back to an earlier one would never end.
        if (known.any { it.buffer === buffer && it.at == at && it.before != block.before }) damaged(address)
        remember(block)
        return block
    }

    @Synchronized
    private fun remember(block: Block) {
        val last = known.lastOrNull()
        if (block.before == (if (last == null) 0 else last.before + last.places)) known += block
    }

    /** Links a block behind [last], if no other has. */
    private fun addBlock(last: Block?): Block {
        val places = if (last == null) LEAST_PLACES else minOf(last.places * 2, MOST_PLACES)
        val address = memory.claim(BLOCK_HEADER + places * Long.SIZE_BYTES)
        val buffer = bufferOf(address)
        buffer.content.set(address - buffer.address + PLACES, places)
        // Where another was quicker, this one stays unused.
        val _ = setLink(last, address)
        return blockAt(linkWord(last), last) ?: damaged(address)
    }

    private companion object {
        // The words of a block, before its places.
        const val NEXT = 0L
        const val PLACES = 8L
        const val USED = 16L
        const val BLOCK_HEADER = 24L

        const val LEAST_PLACES = 29L
        const val MOST_PLACES = 1L shl 14
    }
}
