package dev.leasehold.stress

import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.MemoryHolder

/** What the holder of a lease does with it. */
internal object Uses {
    /** What the lease's own holder writes. */
    private const val OWN: Byte = 1

    /** What the next holder of its block writes. */
    const val OTHERS: Byte = 2

    /** The lease had ended. */
    const val REFUSED: Int = 0

    /** The bytes were the lease's own all the time. */
    const val UNDISTURBED: Int = 1

    /** The next holder wrote to the bytes meanwhile. */
    const val DISTURBED: Int = 2

    private const val LOOKS = 8

    /** Writes to the bytes of [lease], and looks at them some times, in one scope. */
    @JvmStatic
    fun inScope(lease: MemoryHolder): Int = try {
        lease.withSegment { bytes ->
            bytes.setByte(0, OWN)
            var seen = UNDISTURBED
            repeat(LOOKS) {
                Thread.onSpinWait()
                if (bytes.getByte(0) != OWN) seen = DISTURBED
            }
            seen
        }
    } catch (_: LeaseClosedException) {
        REFUSED
    }

    /** Takes a view that may be kept; whether there was one to be had. */
    @JvmStatic
    fun keepView(lease: MemoryHolder): Boolean = try {
        val _ = lease.asKeptMemorySegment()
        true
    } catch (_: LeaseClosedException) {
        false
    }

    /** Java would have to expect any exception here. */
    @JvmStatic
    fun close(lease: MemoryHolder) = lease.close()
}
