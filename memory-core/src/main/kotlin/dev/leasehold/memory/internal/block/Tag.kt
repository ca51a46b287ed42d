package dev.leasehold.memory.internal.block

/** The name that code of a program gives to what it takes, for reports. */
internal object Tag {
    private val TAG: ScopedValue<String> = ScopedValue.newInstance()

    /** The calling code's; null where it has none. */
    val current: String? get() = if (TAG.isBound) TAG.get() else null

    /** Runs [action] with [tag]. */
    fun <R> with(tag: String, action: () -> R): R = ScopedValue.where(TAG, tag).call<R, RuntimeException> { action() }
}
