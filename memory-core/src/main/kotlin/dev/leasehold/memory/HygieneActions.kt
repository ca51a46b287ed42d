package dev.leasehold.memory

import dev.leasehold.memory.internal.block.HygieneAction

/** What [Hygiene] means for bytes. Pages fresh from the system are zero, but a block's first lease need not be. */
internal fun Hygiene.action(): HygieneAction = HygieneAction(
    zeroOnRent = this == Hygiene.ZERO_ON_RENT,
    fillOnClose = this == Hygiene.ZERO_ON_CLOSE || this == Hygiene.POISON_ON_CLOSE,
    pattern = if (this == Hygiene.POISON_ON_CLOSE) Hygiene.POISON else 0,
)
