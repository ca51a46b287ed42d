package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.internal.block.Attachment
import dev.leasehold.memory.internal.block.Site

/**
 * What closes a lease that its holder did not close: a scope. A lease that has an owner lets it speak in the message of
 * a use after the close.
 *
 * It is not notified when a lease is closed early, and must not be the object that holds the leases: two objects that
 * point to each other are never kept in registers (escape analysis finds neither removable before the other), so every
 * scope would make garbage. An owner finds out when it looks.
 */
@InternalMemoryApi
public interface LeaseOwner {
    /** The owner that was called [name] as a message names it: kind, name and site. Any thread. */
    public fun describe(name: String?): String
}

/**
 * An owner that keeps books on its lease: it is notified when that ends, which costs an object a lease. One keeper is
 * the owner of one lease.
 */
@InternalMemoryApi
public interface LeaseKeeper : LeaseOwner {
    /** The code that rented, as leak reports name it behind the thread: a coroutine and its job. */
    public val renter: String

    /** Where the lease was asked for, in a pool that traces sites; null where that is where it was made. */
    public val site: RentSite? get() = null

    /**
     * The lease has ended and its block has gone back; or the lease was transferred to another budget, and another
     * lease has taken over. Called once, on the thread that ended it, which holds no lock. Must be short and must not
     * throw.
     */
    public fun leaseEnded()
}

/** What a lease remembers of its owner. */
@InternalMemoryApi
public sealed interface OwnedLease

/** Attaches [owner], which is called [name], to its lease. */
@OptIn(InternalMemoryApi::class)
internal class OwnerAttachment(val owner: LeaseOwner, private val name: String?) :
    Attachment(listens = owner is LeaseKeeper),
    OwnedLease {
    override val renter: String? get() = (owner as? LeaseKeeper)?.renter

    override val site: Site? get() = (owner as? LeaseKeeper)?.site?.site

    override fun describeOwner(): String = owner.describe(name)

    override fun ended() {
        super.ended()
        if (owner is LeaseKeeper) owner.leaseEnded()
    }
}
