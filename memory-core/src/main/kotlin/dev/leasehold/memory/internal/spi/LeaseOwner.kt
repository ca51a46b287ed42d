package dev.leasehold.memory.internal.spi

/**
 * Marks what only the other modules of Leasehold may call. It is public for the compiler's sake, has no stable form,
 * and needs an opt-in that is an error.
 */
@RequiresOptIn("This belongs to Leasehold's own modules and changes without notice.", RequiresOptIn.Level.ERROR)
@Retention(AnnotationRetention.BINARY)
@Target(AnnotationTarget.CLASS, AnnotationTarget.FUNCTION, AnnotationTarget.PROPERTY)
@MustBeDocumented
public annotation class InternalMemoryApi

/**
 * Whoever closes a lease when nobody closed it before: a scope. A lease that has an owner lets it speak in the message of a use
 * after the close.
 *
 * It is told nothing when a lease is closed early, and must not be the object that holds the leases: two objects that point to
 * each other are never kept in registers (escape analysis finds neither removable before the other), so every scope would
 * make garbage. An owner finds out when it looks.
 */
@InternalMemoryApi
public interface LeaseOwner {
    /** The owner that was called [name] as a message names it: kind, name and site. Any thread. */
    public fun describe(name: String?): String
}

/**
 * An owner that keeps books on its leases: it is told when each ends, which costs an object a lease. One keeper is the owner
 * of one lease.
 */
@InternalMemoryApi
public interface LeaseKeeper : LeaseOwner {
    /** Who rented, as leak reports name it behind the thread: a coroutine and its job. */
    public val renter: String

    /**
     * The lease has ended and its block has gone back; or the lease was transferred to another budget, and another lease
     * has taken over. Called once, on the thread that ended it, which holds no lock. Must be short and must not throw.
     */
    public fun leaseEnded()
}
