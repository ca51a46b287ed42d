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
