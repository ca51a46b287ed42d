package dev.leasehold.memory.okio.internal

import dev.leasehold.memory.Lease
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SharedLease
import okio.IOException

/** Where a source or sink has its bytes: each use asks the lease for its view, so that the lease refuses itself. */
internal sealed interface Bytes {
    fun use(action: (Segment) -> Unit)

    class OfSegment(private val segment: Segment) : Bytes {
        override fun use(action: (Segment) -> Unit): Unit = action(segment)
    }

    class OfLease(private val lease: Lease) : Bytes {
        override fun use(action: (Segment) -> Unit): Unit = action(lease.segment)
    }

    class OfSharedLease(private val lease: SharedLease) : Bytes {
        override fun use(action: (Segment) -> Unit): Unit = lease.withSegment(action)
    }

    companion object {
        /** [bytes], which have [length] of them behind [offset]. */
        fun checked(bytes: Bytes, offset: Long, length: Long): Bytes {
            // A slice would count a negative offset from the end, which a stream does not have.
            require(offset >= 0) { "an offset in a lease cannot be negative, and was $offset" }
            bytes.use {
                val _ = it.slice(offset, length)
            }
            return bytes
        }
    }
}

/** Runs [action]; what the memory refuses in it is an [IOException], which is what code around streams catches. */
internal inline fun <R> asInputOutput(action: () -> R): R = try {
    action()
} catch (refusal: MemoryException) {
    throw IOException(refusal.message, refusal)
}
