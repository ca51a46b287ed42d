package dev.leasehold.memory

/** This many kibibytes, in bytes: `64.KiB == 65_536L`. */
public val Int.KiB: Long get() = this * 1024L

/** This many mebibytes, in bytes. */
public val Int.MiB: Long get() = this * 1024L * 1024L

/** This many gibibytes, in bytes. */
public val Int.GiB: Long get() = this * 1024L * 1024L * 1024L

/**
 * This many kibibytes, in bytes.
 *
 * @throws ArithmeticException when that does not fit into a `Long`: a size that wraps around would be a wrong limit
 *   that looks right
 */
public val Long.KiB: Long get() = Math.multiplyExact(this, 1.KiB)

/** This many mebibytes, in bytes; throws as [KiB] does. */
public val Long.MiB: Long get() = Math.multiplyExact(this, 1.MiB)

/** This many gibibytes, in bytes; throws as [KiB] does. */
public val Long.GiB: Long get() = Math.multiplyExact(this, 1.GiB)
