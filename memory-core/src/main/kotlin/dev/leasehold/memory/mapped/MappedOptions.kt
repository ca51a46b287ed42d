package dev.leasehold.memory.mapped

import dev.leasehold.memory.GiB
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MiB
import dev.leasehold.memory.internal.block.Owner
import dev.leasehold.memory.internal.mapped.FileLayout
import dev.leasehold.memory.internal.mapped.FileOpening
import dev.leasehold.memory.internal.mapped.RefWord
import dev.leasehold.memory.internal.platform.bytes

/**
 * What can be set when a file is made or opened; the receiver of the block of [MappedMemoryManager.create] and the
 * others. [size], [maxSize], [maxSessions] and
 * [durability] are the file's, and have no effect on one that is there already.
 *
 * The [limit] and the [budget] are for what this process has in use of the file, not for the file.
 */
public class MappedOptions internal constructor() : ManagerOptions() {
    /** How many bytes for blocks a new file has at first, in steps of 64 KiB. 1 MiB by default. */
    public var size: Long = 1.MiB

    /** How many bytes a file that is full becomes longer by, in steps of 64 KiB. 16 MiB by default. */
    public var growth: Long = 16.MiB

    /**
     * The most bytes that the file can ever have, beyond some tables; at most 1 TiB. 64 GiB by default. It costs
     * address space, and nothing on the disk.
     */
    public var maxSize: Long = 64.GiB

    /** How many sessions can have the file open at a time, at most 254. 64 by default. */
    public var maxSessions: Int = 64

    /** What a new file promises. [MappedDurability.PROCESS] by default. */
    public var durability: MappedDurability = MappedDurability.PROCESS

    /** Refuses figures that no file can have. */
    internal fun checkFile(owner: Owner) {
        check(owner)
        val most = RefWord.MOST_SPANS * FileLayout.SPAN
        require(maxSize in FileLayout.SPAN..most) {
            "$owner: the largest size of a file must be between ${bytes(
                FileLayout.SPAN,
            )} and ${bytes(most)}, and was " +
                bytes(maxSize)
        }
        require(size in 0..maxSize) {
            "$owner: the size of a file must be between 0 and its largest of ${bytes(maxSize)}, and was ${bytes(size)}"
        }
        atLeastZero(owner, "growth in bytes", growth)
        require(maxSessions in 1..FileLayout.MOST_SESSIONS) {
            "$owner: a file has between 1 and ${FileLayout.MOST_SESSIONS} sessions, and $maxSessions were requested"
        }
        require(!checked) {
            "$owner: blocks in a file have no guard bytes, as other processes use them too: leave checked = false"
        }
    }

    // Up, but not above a largest size that is no multiple itself.
    private val spans: Long get() = minOf(maxSpans, (size + FileLayout.SPAN - 1) / FileLayout.SPAN)
    private val maxSpans: Long get() = maxSize / FileLayout.SPAN

    internal val form: FileOpening.Form
        get() = FileOpening.Form(maxSpans, maxSessions, spans, growth, durability.ordinal)
}
