package dev.leasehold.memory.model.typed

import dev.leasehold.memory.internal.typed.Words
import java.util.concurrent.atomic.AtomicLongArray

/** Words where a model checker sees them. */
internal class ArrayWords(size: Int) : Words {
    private val array = AtomicLongArray(size)

    override fun get(index: Long): Long = array.get(index.toInt())

    override fun set(index: Long, value: Long): Unit = array.set(index.toInt(), value)

    override fun compareAndSet(index: Long, seen: Long, next: Long): Boolean =
        array.compareAndSet(index.toInt(), seen, next)
}
