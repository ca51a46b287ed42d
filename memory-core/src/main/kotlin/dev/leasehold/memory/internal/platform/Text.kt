package dev.leasehold.memory.internal.platform

// Figures and names as messages show them.

/** A number with its thousands apart: `4,096`. */
internal fun grouped(number: Long): String = String.format(java.util.Locale.ROOT, "%,d", number)

/** A number of what [one] calls one of: `1 block`, `2,000 blocks`. */
internal fun counted(count: Long, one: String, many: String = one + "s"): String =
    if (count == 1L) "1 $one" else "${grouped(count)} $many"

/** A number of bytes: `1 byte`, `4,096 bytes`. */
internal fun bytes(count: Long): String = counted(count, "byte")

/** An address: `0x7f0012`. */
internal fun hex(address: Long): String = "0x" + java.lang.Long.toHexString(address)

/** A thread: `virtual thread 'reader' (#31)`. */
internal fun describe(thread: Thread): String =
    (if (thread.isVirtual) "virtual thread" else "thread") + " '${thread.name}' (#${thread.threadId()})"
