package dev.leasehold.memory.support

import dev.leasehold.memory.internal.mapped.FileWords
import java.lang.foreign.MemorySegment

/** What a process meets that is killed, to those who play one. */
internal class Killed : Error("killed")

/** The words of a file, of which only the first [left] stores are made: then the process is dead, and stores no more. */
internal open class SteppedWords(file: MemorySegment, private var left: Int) : FileWords(file) {
    /** How many stores were made. */
    var made: Int = 0
        private set

    private fun step() {
        if (left == 0) throw Killed()
        left--
        made++
    }

    override fun set(offset: Long, value: Long) {
        step()
        super.set(offset, value)
    }

    override fun setVolatile(offset: Long, value: Long) {
        step()
        super.setVolatile(offset, value)
    }

    override fun compareAndSet(offset: Long, seen: Long, next: Long): Boolean {
        step()
        return super.compareAndSet(offset, seen, next)
    }

    override fun add(offset: Long, more: Long) {
        step()
        super.add(offset, more)
    }

    override fun getAndAdd(offset: Long, more: Long): Long {
        step()
        return super.getAndAdd(offset, more)
    }
}
