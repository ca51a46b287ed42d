package dev.leasehold.memory.internal.permanent

/**
 * Where the words of a registry lie: `docs/permanent-format.md` is the specification. Words have 64 bits, in
 * little-endian order.
 *
 * A registry is memory with a name, whose first part has the words below and behind them entries for buffers, and whose
 * other parts and buffers lie behind it.
 */
internal object RegistryLayout {
    const val VERSION: Long = 1

    /** What the memory is called; another format has another name. */
    fun nameOf(version: Long): String = "leasehold.permanent.$version"

    /** `LEASEPRM`, in the order of the bytes. */
    const val MAGIC: Long = 0x4d5250455341454cL

    // ---- a part ----

    const val PART_MAGIC: Long = 0
    const val PART_VERSION: Long = 8

    /** How many bytes the part has. */
    const val PART_BYTES: Long = 16

    /** Where it is mapped in the process that it belongs to. */
    const val PART_ADDRESS: Long = 24

    /** Where it lies in the memory. */
    const val PART_OFFSET: Long = 32

    /** Where the next part is mapped in the process that it belongs to; 0 for none. */
    const val NEXT_ADDRESS: Long = 40

    /** Where the next part lies in the memory; 0 for none, or while that is being set. */
    const val NEXT_OFFSET: Long = 48

    // ---- the first part alone ----

    const val PROCESS: Long = 56
    const val STARTED: Long = 64
    const val DESCRIPTOR: Long = 72

    /** What [Decision] was made. */
    const val DECISION: Long = 80

    /** How many bytes of the memory are given out. */
    const val MEMORY_END: Long = 88

    /** The address of the newest table; 0 for none. */
    const val TABLES: Long = 96

    const val HEADER_BYTES: Long = 128

    // ---- an entry ----

    const val ENTRY_BYTES: Long = 64
    const val ENTRY_STATE: Long = 0

    /** Where the buffer lies in the process that it belongs to. */
    const val ENTRY_ADDRESS: Long = 8
    const val ENTRY_SIZE: Long = 16

    /** How many of its bytes are taken. */
    const val ENTRY_POSITION: Long = 24

    /** How many of its bytes have their pages. */
    const val ENTRY_POPULATED: Long = 32

    /** Where it lies in the memory. */
    const val ENTRY_OFFSET: Long = 40

    /** The bytes of a part, before they are rounded up to pages: 254 entries. */
    const val LEAST_PART: Long = 16_384

    /** Whether a registry is the one of its process: several may be made at the same moment. */
    object Decision {
        const val OPEN: Long = 0
        const val CHOSEN: Long = 1
        const val REJECTED: Long = 2
    }

    /** What an entry is: only a whole one is read. */
    object EntryState {
        const val FREE: Long = 0
        const val CLAIMED: Long = 1
        const val WHOLE: Long = 2
    }
}
