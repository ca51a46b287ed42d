package dev.leasehold.memory

import dev.leasehold.memory.internal.block.HygieneAction

/** What a pool does to a block's bytes between two leases. No lease ever sees the bytes of another while both live. */
public enum class Hygiene {
    /** Nothing: a lease begins with whatever the block's last user left there. The fastest, and the default. */
    LEAVE,

    /** The bytes are zero when a lease begins. About 20 ns for 4 KiB. */
    ZERO_ON_RENT,

    /** The bytes are zeroed when a lease ends, so no secret stays in idle memory. A lease begins with zeros. */
    ZERO_ON_CLOSE,

    /** The bytes are filled with `0xA5` when a lease ends, so that a stale read is easy to recognise. For tests. */
    POISON_ON_CLOSE,
    ;

    /** What this means for bytes. Pages fresh from the system are zero, but a block's first lease need not be. */
    internal fun action(): HygieneAction = HygieneAction(
        zeroOnRent = this == ZERO_ON_RENT,
        fillOnClose = this == ZERO_ON_CLOSE || this == POISON_ON_CLOSE,
        pattern = if (this == POISON_ON_CLOSE) POISON else 0,
    )

    private companion object {
        const val POISON: Byte = 0xA5.toByte()
    }
}
