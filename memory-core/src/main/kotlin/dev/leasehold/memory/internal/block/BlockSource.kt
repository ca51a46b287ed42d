package dev.leasehold.memory.internal.block

/** Where a block came from, and where its memory goes when it is closed. */
internal abstract class BlockSource {
    /**
     * Takes the block at [address] back: [code] says what kind it is, [size] how many of its bytes were in use. Called
     * once for each block.
     */
    abstract fun giveBack(address: Long, code: Int, size: Long)

    /** How many bytes a block of the kind [code] has. */
    open fun bytesOf(code: Int): Long = SizeClasses.sizeOf(code)
}

/**
 * The [source] of a lease that is watched without a word in the lease itself: what has to be seen to at its end is in the
 * [attachment]. One in many leases has such a source, so the others need no look for an attachment.
 */
internal class WatchedSource(val attachment: Attachment, val source: BlockSource) : BlockSource() {
    override fun giveBack(address: Long, code: Int, size: Long): Unit = attachment.giveBack(source, address, code, size)

    override fun bytesOf(code: Int): Long = source.bytesOf(code)
}
