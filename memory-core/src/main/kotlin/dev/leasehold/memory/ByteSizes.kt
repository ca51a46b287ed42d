package dev.leasehold.memory

/** This many kibibytes, in bytes: `64.KiB == 65_536L`. */
public val Int.KiB: Long get() = this * 1024L

/** This many mebibytes, in bytes. */
public val Int.MiB: Long get() = this * 1024L * 1024L

/** This many gibibytes, in bytes. */
public val Int.GiB: Long get() = this * 1024L * 1024L * 1024L
