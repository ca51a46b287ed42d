package dev.leasehold.memory.internal.block

/**
 * A block of a shared lease in one word: where it lies, its class, and the ticket of its epoch that the lease used.
 *
 * User addresses have at most 48 bits (nobody gets more without asking for them) and blocks lie at multiples of 16, which leaves 20
 * bits: six for the class and fourteen for the ticket. A lease carries those 20 as its *word*.
 */
internal object PackedBlock {
    private const val GRAIN_SHIFT = 4

    /** Blocks lie at multiples of this many bytes. */
    const val GRAIN: Long = 1L shl GRAIN_SHIFT
    private const val ADDRESS_BITS = 44
    private const val ADDRESS = (1L shl ADDRESS_BITS) - 1
    private const val CODE_BITS = 6
    private const val CODE = (1 shl CODE_BITS) - 1

    /** How many tickets can be told apart. */
    const val TICKETS: Int = 1 shl (64 - ADDRESS_BITS - CODE_BITS)

    /** The word of a lease of a block of class [code] that used [ticket]. */
    fun word(code: Int, ticket: Int): Int = (ticket shl CODE_BITS) or code

    /** The class in [word]. */
    fun codeOf(word: Int): Int = word and CODE

    /** The ticket in [word]. */
    fun ticketOf(word: Int): Int = word ushr CODE_BITS

    fun pack(address: Long, word: Int): Long = (address ushr GRAIN_SHIFT) or (word.toLong() shl ADDRESS_BITS)

    fun address(packed: Long): Long = (packed and ADDRESS) shl GRAIN_SHIFT

    fun code(packed: Long): Int = codeOf((packed ushr ADDRESS_BITS).toInt())

    fun ticket(packed: Long): Int = (packed ushr (ADDRESS_BITS + CODE_BITS)).toInt()
}
