package dev.leasehold.memory.mapped

import dev.leasehold.memory.Block
import dev.leasehold.memory.MappedFileLimitException
import dev.leasehold.memory.MappedReferenceException
import dev.leasehold.memory.internal.mapped.Change
import dev.leasehold.memory.internal.mapped.FileLayout
import dev.leasehold.memory.internal.mapped.Place
import dev.leasehold.memory.internal.mapped.RootTable

/**
 * A change of links, roots and words that is made as one: all of it, or nothing, whatever happens to the process. What
 * is read in it is what it has set.
 *
 * For the thread in the action of [MappedMemoryManager.transaction], and no longer than that. No other transaction of
 * any process runs meanwhile, so keep it short.
 */
public class MappedTransaction internal constructor(
    private val manager: MappedMemoryManager,
    private val change: Change,
    private val roots: RootTable,
) {
    private var isOver = false

    internal fun end() {
        isOver = true
    }

    private fun requireOpen() = check(!isOver) { "the transaction has ended: use it in its action only" }

    /**
     * Adds a link to [block], which makes it live on when all processes have closed it, until [unlink]. Returns the
     * reference to it. Its bytes are to be written before.
     *
     * @throws IllegalArgumentException when [block] is another manager's, or has no bytes
     * @throws MappedFileLimitException when it has 65,535 links, or this session holds as many blocks as it can
     */
    @IgnorableReturnValue
    @JvmName("link")
    public fun link(block: Block): MappedRef {
        requireOpen()
        val place = manager.placeOf(block)
        when (change.link(place, block.size)) {
            Change.LinkResult.DONE -> return MappedRef(manager.refOf(place))
            Change.LinkResult.TOO_MANY -> throw manager.limit("links to one block", MOST_LINKS)
            Change.LinkResult.NO_HOLD -> throw manager.limit("linked blocks in use", FileLayout.HOLD_COUNT)
        }
    }

    /**
     * Adds a link to the block of [ref], which a link leads to.
     *
     * @throws MappedReferenceException when none does
     */
    @JvmName("link")
    public fun link(ref: MappedRef) {
        requireOpen()
        val place = linked(ref)
        if (change.link(place, 0) != Change.LinkResult.DONE) throw manager.limit("links to one block", MOST_LINKS)
    }

    private fun linked(ref: MappedRef): Place {
        if (!change.isLinked(ref.bits)) throw manager.stale(ref)
        return checkNotNull(manager.placeOf(ref))
    }

    /**
     * Takes a link to the block of [ref] away. With the last one the block is freed, as soon as no session uses it.
     *
     * @throws MappedReferenceException when no link leads to it
     */
    @JvmName("unlink")
    public fun unlink(ref: MappedRef) {
        requireOpen()
        if (!change.unlink(ref.bits)) throw manager.stale(ref)
    }

    /** The reference of the root [name]; [MappedRef.NONE] when there is none. */
    @JvmName("root")
    public fun root(name: String): MappedRef {
        requireOpen()
        val at = roots.find(change, MappedRoots.bytesOf(name))
        return if (at < 0) MappedRef.NONE else MappedRef(change[at])
    }

    /** [MappedRoots.set] with a block. */
    public fun setRoot(name: String, block: Block) {
        val bytes = MappedRoots.bytesOf(name)
        val at = placeOf(bytes)
        val ref = link(block)
        replace(at, bytes, ref)
    }

    /** [MappedRoots.set] with a reference. */
    @JvmName("setRoot")
    public fun setRoot(name: String, ref: MappedRef) {
        requireOpen()
        val bytes = MappedRoots.bytesOf(name)
        val at = placeOf(bytes)
        if (!ref.isNone) link(ref)
        replace(at, bytes, ref)
    }

    private fun placeOf(name: ByteArray): Long {
        requireOpen()
        val at = roots.find(change, name)
        if (at < 0) throw manager.limit("roots", FileLayout.ROOTS)
        return at
    }

    private fun replace(at: Long, name: ByteArray, ref: MappedRef) {
        val before = change[at]
        roots.set(change, at, name, ref.bits)
        if (before != 0L) unlink(MappedRef(before))
    }

    /** The word of the user area at [index], from 0 to 255. */
    public fun userWord(index: Int): Long {
        requireOpen()
        return change[MappedMemoryManager.userWordAt(index)]
    }

    /** Sets the word of the user area at [index], from 0 to 255. */
    public fun setUserWord(index: Int, value: Long) {
        requireOpen()
        change[MappedMemoryManager.userWordAt(index)] = value
    }

    /**
     * Sets the word of eight bytes at [offset] in [block] with the rest of this transaction, in little-endian order.
     *
     * @throws IndexOutOfBoundsException when the word is not all in the block
     * @throws IllegalArgumentException when [offset] is no multiple of eight, or [block] is another manager's
     */
    public fun setWord(block: Block, offset: Long, value: Long) {
        requireOpen()
        require(offset and (Long.SIZE_BYTES - 1L) == 0L) { "the offset of a word is a multiple of 8, and was $offset" }
        if (offset < 0 || offset > block.size - Long.SIZE_BYTES) {
            throw IndexOutOfBoundsException("a word at $offset is not in a block of ${block.size} bytes")
        }
        val place = manager.placeOf(block)
        change.setInBlock(place, place.offset + offset, value)
    }

    private companion object {
        const val MOST_LINKS = 0xffff
    }
}
