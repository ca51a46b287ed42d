package dev.leasehold.memory.internal.epoch

import dev.leasehold.memory.internal.platform.Background

/**
 * Retires epochs in the background, so that no renter waits for a handshake. A renter that is far ahead helps
 * ([EpochLedger.grant]).
 */
internal object Retirer {
    /**
     * Retires what is complete in [ledger], soon. It is tried again while a native call uses a view, because the end of
     * such a call gives no notice.
     */
    fun retire(ledger: EpochLedger): Unit = Background.untilDone(ledger, ledger::retireCompleted)

    /** Reports for the idle threads of [ledger]'s pool, soon. */
    fun settle(ledger: EpochLedger): Unit = Background.untilDone(SettleOf(ledger)) {
        ledger.settleIfBehind()
        true
    }

    private data class SettleOf(val ledger: EpochLedger)
}
