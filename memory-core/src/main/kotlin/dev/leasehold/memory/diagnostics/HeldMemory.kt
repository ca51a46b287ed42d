package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.internal.block.Trace
import dev.leasehold.memory.internal.platform.age
import dev.leasehold.memory.internal.platform.bytes
import java.util.concurrent.TimeUnit.NANOSECONDS

/**
 * One lease or block that is watched, as it was when this was made.
 *
 * **Ownership.** Names and figures: no memory and no class of the program stays for it. **Threads.** Any; it never
 * changes.
 */
public class HeldMemory internal constructor(trace: Trace) {
    private val what = trace.toString()
    private val origin = trace.origin()
    private val nanos = trace.age
    internal val key: Any = Triple(trace.owner, trace.tag, trace.site)

    /** What it is: `lease` or `block`. */
    public val kind: String = trace.owner.kind.item

    /** The name of the pool or manager that it comes from. */
    public val owner: String = trace.owner.name

    /** How many bytes its holder has. */
    public val bytes: Long = trace.size

    /** The [tag][LeakDetection.tagged] that it was taken under; null without one. */
    public val tag: String? = trace.tag

    /** For how long it is out, in milliseconds. */
    public val ageMillis: Long = NANOSECONDS.toMillis(nanos)

    /** The thread that took it, in words. */
    public val thread: String = trace.site.thread

    /** The coroutine and its job that it was taken for; null where there was none, or it is not known. */
    public val coroutine: String? = trace.renter

    /** The line of the program that took it, or the words for one that is not known. */
    public val site: String = trace.site.toString()

    /** The calls that led there, the nearest outside of this library first; at most twelve. */
    public val stack: List<StackTraceElement> = trace.site.stack

    /** In one line: `a lease of 64 bytes from pool 'orders', rented at Main.main(Main.kt:3) by thread ..., 12 s ago`. */
    override fun toString(): String = "$what, $origin, ${age(nanos)} ago"
}

/** What one place of the program holds of one pool or manager, under one tag. */
public class HeldGroup internal constructor(held: List<HeldMemory>) {
    /** What it took first, of what it holds. */
    public val oldest: HeldMemory = held.maxBy { it.ageMillis }

    /** The name of the pool or manager. */
    public val owner: String get() = oldest.owner

    /** The tag; null without one. */
    public val tag: String? get() = oldest.tag

    /** The line of the program. */
    public val site: String get() = oldest.site

    /** How many leases or blocks. */
    public val count: Int = held.size

    /** How many bytes they have together. */
    public val bytes: Long = held.sumOf { it.bytes }

    /** In one line, for logs. */
    override fun toString(): String =
        "$count of ${bytes(bytes)} from '$owner' at $site${if (tag == null) "" else " as '$tag'"}, the oldest " +
            "${oldest.ageMillis} ms old"
}
