package dev.leasehold.memory.internal.platform

import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds

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
internal fun describe(thread: Thread): String = describeThread(thread.name, thread.threadId(), thread.isVirtual)

/** A thread by what it is called. */
internal fun describeThread(name: String, id: Long, isVirtual: Boolean): String =
    (if (isVirtual) "virtual thread" else "thread") + " '$name' (#$id)"

/** How long ago something was, from [nanos] nanoseconds, in a unit that a person would choose: `350 ms`, `12 s`. */
internal fun age(nanos: Long): String {
    val duration = nanos.nanoseconds
    return when {
        duration < 1.seconds -> "${duration.inWholeMilliseconds} ms"
        duration < 2.minutes -> "${duration.inWholeSeconds} s"
        duration < 2.hours -> "${duration.inWholeMinutes} min"
        else -> "${duration.inWholeHours} h"
    }
}
