package dev.leasehold.memory.internal.slab

/** A block's address and class in one word: user addresses have at most 56 bits, and there are fewer than 128 classes. */
internal object PackedBlock {
    private const val SHIFT = 56
    private const val ADDRESS = (1L shl SHIFT) - 1

    fun pack(address: Long, code: Int): Long = address or (code.toLong() shl SHIFT)

    fun address(packed: Long): Long = packed and ADDRESS

    fun code(packed: Long): Int = (packed ushr SHIFT).toInt()
}
