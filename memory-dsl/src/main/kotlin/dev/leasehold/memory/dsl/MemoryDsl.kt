package dev.leasehold.memory.dsl

/**
 * Marks the receivers of Leasehold's DSL: inside a nested receiver the members of an outer one are out of reach, unless
 * the program names the outer one. So no inner block rents from, or allocates in, an outer scope by accident.
 */
@DslMarker
@Target(AnnotationTarget.CLASS, AnnotationTarget.TYPE)
@Retention(AnnotationRetention.BINARY)
@MustBeDocumented
public annotation class MemoryDsl
