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
