package dev.leasehold.memory.support

import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.mapped.RedoLog

/** A log whose session dies as soon as a change is committed: none of its words is stored. */
internal class CommittedLog(words: FileWords, lane: Long) : RedoLog(words, lane) {
    private var added = 0L

    override fun add(offset: Long, value: Long) {
        super.add(offset, value)
        added++
    }

    override fun commit() {
        words.set(lane, added)
        throw Killed()
    }
}
