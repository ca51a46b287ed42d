@file:JvmSynthetic

package dev.leasehold.memory

import dev.leasehold.memory.internal.block.Attachment
import dev.leasehold.memory.internal.block.Holders
import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.block.OwnerMessages
import dev.leasehold.memory.internal.block.Request
import dev.leasehold.memory.internal.block.Trace
import dev.leasehold.memory.internal.budget.BudgetNode
import dev.leasehold.memory.internal.budget.BudgetRefusal
import dev.leasehold.memory.internal.budget.Holding
import dev.leasehold.memory.internal.engine.Engine
import dev.leasehold.memory.internal.engine.EngineState
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.bytes

/**
 * What all exceptions of this library are. Each names the pool, manager or budget, the request, the bound, and the
 * remedy.
 *
 * Modules that build on this one have exceptions of their own below it.
 */
public abstract class MemoryException protected constructor(message: String, cause: Throwable? = null) :
    RuntimeException(message, cause)

// ---- wrong requests ----

/**
 * A size that no request may have: negative, overflowing, or above what one block can hold.
 *
 * Nothing was taken when this is thrown.
 *
 * @property size the size that was requested, in bytes
 */
public class InvalidSizeException internal constructor(message: String, public val size: Long) :
    MemoryException(message)

/**
 * An alignment that is not a power of two between 1 and the page size, or that the chunks of a fixed pool do not have.
 *
 * Nothing was taken when this is thrown.
 *
 * @property alignment the alignment that was requested, in bytes
 */
public class InvalidAlignmentException internal constructor(message: String, public val alignment: Long) :
    MemoryException(message)

/** A time to wait that is not positive. Nothing was taken. */
public class InvalidTimeoutException internal constructor(message: String) : MemoryException(message)

/** A pool, a manager or a budget cannot have a configured name or figure. Nothing was made or changed. */
public class MemoryConfigurationException internal constructor(message: String) : MemoryException(message)

// ---- what has ended ----

/** A lease, a block, or a view of their memory was used after its end. Nothing was read or written. */
public abstract class MemoryClosedException internal constructor(message: String, cause: Throwable? = null) :
    MemoryException(message, cause)

/**
 * A lease was used after it had been closed.
 *
 * @property poolName the pool that it was rented from
 */
public class LeaseClosedException internal constructor(message: String, public val poolName: String) :
    MemoryClosedException(message)

/**
 * A block was used, retained, resized or closed after its last reference had been given back, or used after its manager
 * had taken all blocks back. The message says which, and, where sites are traced, where it was allocated and closed.
 *
 * @property managerName the manager that it was allocated from
 * @property size how many bytes it had
 */
public class BlockClosedException internal constructor(
    message: String,
    public val managerName: String,
    public val size: Long,
) : MemoryClosedException(message)

/**
 * A view was used after the lease, the block or the scope that it was taken from had ended.
 *
 * @property ownerName the pool or manager whose memory it showed; null where the view does not name it
 */
public class ViewClosedException internal constructor(
    message: String,
    public val ownerName: String?,
    cause: Throwable? = null,
) : MemoryClosedException(message, cause)

/**
 * A pool refused because it has been closed.
 *
 * @property poolName the closed pool
 */
public class PoolClosedException internal constructor(message: String, public val poolName: String) :
    MemoryException(message)

/**
 * A manager refused to allocate because it has been closed. Blocks that were allocated before are still good.
 *
 * @property managerName the closed manager
 */
public class ManagerClosedException internal constructor(message: String, public val managerName: String) :
    MemoryException(message)

/**
 * A budget was to be drawn on that is closed. Nothing was changed.
 *
 * @property path the names from the root to the closed budget
 */
public class BudgetClosedException internal constructor(message: String, public val path: String) :
    MemoryException(message)

// ---- wrong places ----

/**
 * The bytes of memory that lies on a device were to be reached by the host. Nothing was read or written.
 *
 * @property ownerName the manager that it comes from
 * @property size how many bytes it has
 */
public class HostAccessException internal constructor(
    message: String,
    public val ownerName: String,
    public val size: Long,
) : MemoryException(message)

// ---- wrong users ----

/** Memory that belongs to one thread was used on another. Nothing was read or written. */
public abstract class MemoryThreadException protected constructor(message: String, cause: Throwable? = null) :
    MemoryException(message, cause)

/** A [Lease] was used or closed on a thread that did not rent it. */
public class LeaseThreadException internal constructor(message: String) : MemoryThreadException(message)

/** A view that belongs to one thread, that of its [Lease] or of its `withSegment`, was used on another. */
public class ViewThreadException internal constructor(message: String, cause: Throwable? = null) :
    MemoryThreadException(message, cause)

/**
 * A lease of one pool was handed to code that accepts only leases of another.
 *
 * @property poolName the pool that the lease belongs to
 */
public class ForeignLeaseException internal constructor(message: String, public val poolName: String) :
    MemoryException(message)

/**
 * A lease or block cannot be closed, resized or transferred just now: a native call or an input/output operation uses a
 * view of it, or another thread resizes, transfers or uses it. Nothing has changed; try again when that is over.
 *
 * @property ownerName the pool or manager that it comes from
 * @property size how many bytes it has
 */
public class MemoryBusyException internal constructor(
    message: String,
    public val ownerName: String,
    public val size: Long,
    cause: Throwable? = null,
) : MemoryException(message, cause)

// ---- the end of pools and managers ----

/**
 * A pool or a manager was closed while memory of it was in use. It *is* closed; the memory stays valid and goes back as
 * it is closed. Where sites are traced the message lists them.
 *
 * @property ownerName the closed pool or manager
 * @property count how many leases or blocks were outstanding
 * @property bytes how many bytes they hold
 */
public abstract class OutstandingMemoryException internal constructor(
    message: String,
    public val ownerName: String,
    public val count: Long,
    public val bytes: Long,
) : MemoryException(message)

/** [OutstandingMemoryException] of a pool and its leases. */
public class OutstandingLeasesException internal constructor(
    message: String,
    ownerName: String,
    count: Long,
    bytes: Long,
) : OutstandingMemoryException(message, ownerName, count, bytes)

/** [OutstandingMemoryException] of a manager and its blocks, the largest of which come first in the list. */
public class OutstandingBlocksException internal constructor(
    message: String,
    ownerName: String,
    count: Long,
    bytes: Long,
) : OutstandingMemoryException(message, ownerName, count, bytes)

// ---- limits ----

/**
 * A limit, or the operating system, stopped a request. Nothing was taken.
 *
 * @property ownerName the pool or manager that refused
 * @property requested how many bytes were requested
 */
public open class MemoryExhaustedException internal constructor(
    message: String,
    public val ownerName: String,
    public val requested: Long,
) : MemoryException(message)

/**
 * A budget above a pool or a manager stopped a request. Nothing was taken. All that lay idle below that budget had been
 * given back by then.
 *
 * @property path the names from the root to the budget that refused
 * @property limit its limit, in bytes
 * @property used how many bytes counted in it when it refused
 */
public class BudgetExceededException internal constructor(
    message: String,
    ownerName: String,
    requested: Long,
    public val path: String,
    public val limit: Long,
    public val used: Long,
) : MemoryExhaustedException(message, ownerName, requested)

/** No memory came back in time for a request that could wait. Nothing was taken. */
public class RentTimeoutException internal constructor(message: String, ownerName: String, requested: Long) :
    MemoryExhaustedException(message, ownerName, requested)

/**
 * A budget was to be closed while it is drawn on. It is still open.
 *
 * @property path the names from the root to the budget
 * @property used how many bytes count in it
 */
public class BudgetInUseException internal constructor(
    message: String,
    public val path: String,
    public val used: Long,
) : MemoryException(message)

// ---- damage ----

/**
 * The bytes before or behind a block of a checked manager were found overwritten at its end. The block *is* freed.
 *
 * @property managerName the manager that it was allocated from
 * @property size how many bytes it had
 * @property offset where the first overwritten byte lies, counted from the block's first: negative when before it
 * @sample dev.leasehold.memory.samples.damagedBlock
 */
public class GuardBytesException internal constructor(
    message: String,
    public val managerName: String,
    public val size: Long,
    public val offset: Long,
) : MemoryException(message)

// ---- what pools and managers refuse ----

/** The most bytes that one request can get under [limit]: memory comes in pages, so its odd bytes are never reached. */
internal fun mostUnder(limit: Long): Long = minOf(limit and -Platform.current.pageSize, Request.MOST_BYTES)

/** Refuses a [size] that [owner], which has [limit], can never have. */
internal fun checkSize(owner: Owner, size: Long, limit: Long, most: Long = mostUnder(limit)) {
    if (size in 0..most) return
    val message = when {
        size < 0 -> OwnerMessages.negative(owner, size)
        most < Request.MOST_BYTES -> OwnerMessages.aboveLimit(owner, size, most)
        else -> OwnerMessages.tooLarge(owner, size, most)
    }
    throw InvalidSizeException(message, size)
}

/** Returns [alignment] when a request may have it. */
internal fun checkAlignment(alignment: Long): Long {
    val page = Platform.current.pageSize
    if (alignment >= 1 && alignment and (alignment - 1) == 0L && alignment <= page) return alignment
    throw InvalidAlignmentException(OwnerMessages.alignment(alignment, page), alignment)
}

/** Returns [nanos] when a request may wait that long. */
internal fun checkTimeout(nanos: Long): Long {
    if (nanos <= 0) throw InvalidTimeoutException(OwnerMessages.timeout(nanos))
    return nanos
}

/** The exception for [size] bytes that [engine] cannot have now. */
internal fun exhausted(engine: Engine, limit: Long, size: Long): MemoryException {
    val state = engine.state
    val owner = state.owner
    val refusal = state.leaf.refusalAbove
    if (refusal != null) return budgetExceeded(owner, size, refusal)
    val held = Holders.suffix(Holders.of(state.traces.open()))
    val tally = engine.tally()
    val charged = state.leaf.reserved - state.leaf.transferred
    val figures = OwnerMessages.Figures(charged, tally.usedBytes, tally.quarantined)
    return MemoryExhaustedException(exhaustion(state, limit, size, figures) + held, owner.name, size)
}

// Where a limit would have had room it was the system that refused, if that says so.
private fun exhaustion(state: EngineState, limit: Long, size: Long, figures: OwnerMessages.Figures): String {
    val owner = state.owner
    val page = state.platform.pageSize
    val pages = size + page - 1 and -page
    val mayBeSystem = limit == Long.MAX_VALUE || pages <= limit - figures.reserved
    val refusal = if (mayBeSystem) state.platform.refusal(pages) else null
    val isSystem = limit == Long.MAX_VALUE || refusal != null
    return if (isSystem) {
        OwnerMessages.refused(owner, size, figures, refusal)
    } else {
        OwnerMessages.exhausted(owner, size, limit, figures)
    }
}

/** The exception for [size] bytes that the budget of [refusal], which is above [owner]'s memory, refused. */
internal fun budgetExceeded(owner: Owner, size: Long, refusal: BudgetRefusal): MemoryException {
    if (refusal.node.closed) return closedBudget(refusal.node.path)
    val message = OwnerMessages.exceeded(owner, size, refusal) + heldBelow(refusal.node)
    return BudgetExceededException(message, owner.name, size, refusal.node.path, refusal.limit, refusal.used)
}

/** Who holds what counts in [node], as the end of a message. */
internal fun heldBelow(node: BudgetNode): String {
    val holdings = ArrayList<Holding>()
    node.members.forEachBelow { holdings.addAll(it.holdings) }
    return Holders.suffix(holdings, withOwner = true)
}

/** The exception for a lease, which is called [kind], that has ended. */
internal fun closedLease(owner: Owner, kind: String, size: Long, attachment: Attachment?): LeaseClosedException {
    val of = attachment?.describeOwner()?.let { "; it belonged to $it" }.orEmpty()
    val sites = attachment?.trace?.sites()
        ?: "; set traceSites = true on the pool to see where it was rented and closed"
    val failure = LeaseClosedException("$kind of ${bytes(size)} from $owner is closed$of$sites", owner.name)
    return Trace.misuse(owner, attachment?.trace, failure)
}

/** The exception for a budget, of the names in [path], that has been closed. */
internal fun closedBudget(path: String): BudgetClosedException =
    BudgetClosedException("budget '$path' is closed: draw on a budget that is open", path)

/** Refuses [limit] as that of a pool or a manager. */
internal fun Owner.checkLimit(limit: Long) {
    val page = Platform.current.pageSize
    if (limit >= page) return
    throw MemoryConfigurationException("$this: the limit of ${bytes(limit)} is below one page of ${bytes(page)}")
}
