package dev.leasehold.memory.support

import dev.leasehold.memory.internal.mapped.FileLayout
import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.mapped.RedoLog

/** A log whose session dies as soon as a change is committed: none of its words is stored. */
internal class CommittedLog(private val words: FileWords, private val lane: Long) : RedoLog(words, lane) {
    override fun commit(changes: Map<Long, Long>) {
        var at = lane + FileLayout.LANE_FIRST
        for ((offset, value) in changes) {
            words.set(at, offset)
            words.set(at + Long.SIZE_BYTES, value)
            at += 2 * Long.SIZE_BYTES
        }
        words.set(lane + FileLayout.LANE_COUNT, changes.size.toLong())
        throw Killed()
    }
}
