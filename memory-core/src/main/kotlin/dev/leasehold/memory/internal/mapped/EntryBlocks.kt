package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.block.Request
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.engine.HeldSource

/**
 * The blocks of a collection in the file: taken without a block object each, written, and linked by the collection's
 * own words. Any thread; each [Held] is one thread's.
 *
 * @param refusal why a number of bytes cannot be had now
 * @param limit what is thrown when a table is full: its name, and how many it can have
 */
internal class EntryBlocks(
    private val engine: FileEngine,
    private val refusal: (Long) -> RuntimeException,
    private val limit: (String, Int) -> RuntimeException,
) {
    private val words = engine.session.words
    private val blocks = engine.blocks

    /** A block that this session holds, and where it lies. */
    class Held(val place: Place, val address: Long, val source: HeldSource, val size: Long)

    fun tooManyHolds(): RuntimeException = limit("linked blocks in use", FileLayout.HOLD_COUNT)

    fun tooManyEqual(): RuntimeException =
        limit("entries with hashes that are nearly equal", DictionaryLayout.MOST_USED)

    /** Takes a block of [size] bytes. */
    fun take(size: Long): Held {
        if (size <= RunShape.LARGEST) {
            val code = SizeClasses.indexOf(size)
            val address = blocks.take(code)
            if (address != 0L) return Held(blocks.placeOf(address, code), address, engine.anyThread, size)
        }
        val taken = engine.take(Request(size)) ?: throw refusal(size)
        return Held(engine.references.placeOf(taken.address, taken.code), taken.address, taken.source, size)
    }

    /** Ends the hold: the block is freed, unless it is linked by now. */
    fun release(held: Held) {
        val code = held.place.shape.code
        val isLinked = StateWord.state(words.get(held.place.state)) != StateWord.HELD
        if (isLinked && code != BlockKind.LARGE) return blocks.linked(held.address, code)
        held.source.giveBack(held.address, code, held.size)
    }

    /** Takes a block for the entry of [key], whose hash is [hash], and [value], and writes it. */
    fun write(hash: Long, key: ByteArray, value: ByteArray): Held {
        val held = take(DictionaryLayout.entryBytes(key.size, value.size))
        val at = held.place.offset
        // Nobody sees it until it is linked.
        words.setQuietly(at + DictionaryLayout.HASH_AT, hash)
        words.setQuietly(at + DictionaryLayout.LENGTHS_AT, DictionaryLayout.lengths(key.size, value.size))
        words.write(at + DictionaryLayout.KEY_AT, key)
        words.write(at + DictionaryLayout.valueAt(key.size.toLong()), value)
        return held
    }
}
