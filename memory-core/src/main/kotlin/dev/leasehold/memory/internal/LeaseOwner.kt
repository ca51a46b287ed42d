package dev.leasehold.memory.internal

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
 * Whoever closes a lease when nobody closed it before: a scope.
 *
 * A lease that has an owner tells it when it is closed early, and lends it [describe] for the message of a use after
 * the close.
 */
@InternalMemoryApi
public abstract class LeaseOwner {
    /** Called once, on the closing thread, after [lease] has given its block back. */
    public abstract fun closed(lease: AutoCloseable)

    /** The owner as a message names it: kind, name and site. */
    public abstract fun describe(): String
}
