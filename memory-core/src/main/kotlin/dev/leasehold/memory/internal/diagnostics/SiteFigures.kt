package dev.leasehold.memory.internal.diagnostics

/**
 * The open leases and blocks of one place in a program.
 *
 * @property site where they were taken
 * @property tag what the program calls them; null where it does not say
 * @property count how many there are
 * @property bytes how many bytes they have
 * @property oldestMillis for how long the oldest has been open, in milliseconds
 */
internal class SiteFigures(
    val site: String,
    val tag: String?,
    val count: Long,
    val bytes: Long,
    val oldestMillis: Long,
)
