package dev.leasehold.memory.internal.slab

/** Where a thread-owned lease's block goes when the lease ends. */
internal abstract class BlockHome(
    /** The pool, for those floors that know what one is. */
    @JvmField val owner: Any,
    /** The pool's name, for messages. */
    @JvmField val poolName: String,
) {
    /** Takes the block at [address] back: [code] says what kind it is, [size] how many bytes were leased. Called once a lease. */
    abstract fun giveBack(address: Long, code: Int, size: Long)
}

/** What ends with a shared lease: the views' arena, and then the block's tenure. Any thread. */
internal abstract class Tenure(@JvmField val owner: Any, @JvmField val poolName: String) {
    /**
     * Ends the tenure of the block at [address]: [code] says what kind it is, [size] how many bytes were leased.
     *
     * @throws IllegalStateException when the views cannot be cut off now; then nothing has changed
     */
    abstract fun end(address: Long, code: Int, size: Long)
}
