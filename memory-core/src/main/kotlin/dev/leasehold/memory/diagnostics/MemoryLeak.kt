package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.internal.block.Losses
import dev.leasehold.memory.internal.platform.bytes

/**
 * All that was lost so far of what one place took of one pool or manager, under one tag: leases and blocks that became
 * garbage before they were closed.
 *
 * **Ownership.** Names and figures. **Threads.** Any; it never changes.
 */
public class MemoryLeak internal constructor(group: Losses.Group) {
    /** The name of the pool or manager. */
    public val owner: String = group.owner.name

    /** The tag; null without one. */
    public val tag: String? = group.tag

    /** The line of the program that took them. */
    public val site: String = group.site.toString()

    /** The calls that led there, the nearest outside of this library first. */
    public val stack: List<StackTraceElement> = group.site.stack

    /** How many were found lost. */
    public val count: Long = group.count

    /** How many bytes they had. */
    public val bytes: Long = group.bytes

    /** How many of these have gone back to the pool or manager. */
    public val bytesBack: Long = group.bytesBack

    /** In one line, for logs. */
    override fun toString(): String = "$count lost, of ${bytes(bytes)}, from '$owner' at $site"
}

/**
 * One lease or block that was lost, for those who [listen][LeakDetection.onLeak].
 *
 * @property memory what it was
 * @property isBack whether its bytes have gone back
 * @property leak all that was lost from that place so far, with this one
 */
public class LostMemory internal constructor(
    public val memory: HeldMemory,
    public val isBack: Boolean,
    public val leak: MemoryLeak,
) {
    /** In one line, for logs. */
    override fun toString(): String = "$memory, was never closed"
}
