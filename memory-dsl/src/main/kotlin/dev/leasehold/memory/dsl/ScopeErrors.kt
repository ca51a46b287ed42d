package dev.leasehold.memory.dsl

/** A scope was used after it had ended. The message names the scope, its site and what was asked of it. */
public class ScopeClosedException internal constructor(message: String) : IllegalStateException(message)

/** A scope was used on a thread that did not open it. Nothing was rented, and the scope is as it was. */
public class ScopeThreadException internal constructor(message: String) : IllegalStateException(message)
