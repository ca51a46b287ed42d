package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.budget.Charge

/** The home of a block that another budget pays for: its pool pays again, and then the block goes back to [inner]. */
internal class ChargedHome(private val inner: BlockHome, override val charge: Charge) :
    BlockHome(inner.owner, inner.poolName) {
    override fun giveBack(address: Long, code: Int, size: Long) {
        try {
            charge.end()
        } finally {
            inner.giveBack(address, code, size)
        }
    }

    override fun bytesOf(code: Int): Long = inner.bytesOf(code)

    override fun describe(address: Long, size: Long): String = inner.describe(address, size)

    override fun chargedTo(charge: Charge): BlockHome = ChargedHome(inner, charge)
}

/** The tenure of a block in an epoch, taken over from another lease, that another budget pays for. */
internal class ChargedTenure(private val inner: Tenure, override val charge: Charge) :
    Tenure(inner.owner, inner.poolName, exact = true) {
    override fun end(address: Long, word: Int, size: Long) {
        try {
            charge.end()
        } finally {
            inner.endClaimed(address, word, size)
        }
    }

    override fun cancel(): Unit = inner.cancel()

    override fun pin(): Boolean = inner.pin()

    override fun unpin(): Unit = inner.unpin()

    override fun bytesOf(word: Int): Long = inner.bytesOf(word)

    override fun chargedTo(charge: Charge): Tenure = ChargedTenure(inner, charge)
}

/** What a manager must settle before it takes all of its memory back. */
internal interface Settleable {
    /** Makes the account of the manager pay again. Does nothing when it does so already. */
    fun settle()

    /** Tells the soft limits that [settle] has crossed. Outside of every lock. */
    fun tell()
}
