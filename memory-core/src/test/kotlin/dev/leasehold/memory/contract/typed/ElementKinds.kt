package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.Segment
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.OffHeapAppendList
import dev.leasehold.memory.typed.OffHeapArray
import dev.leasehold.memory.typed.OffHeapElements
import dev.leasehold.memory.typed.OffHeapList
import dev.leasehold.memory.typed.OffHeapQueue
import dev.leasehold.memory.typed.OffHeapStack
import dev.leasehold.memory.typed.Struct
import dev.leasehold.memory.typed.StructView
import dev.leasehold.memory.typed.add
import dev.leasehold.memory.typed.asStruct
import dev.leasehold.memory.typed.contains
import dev.leasehold.memory.typed.forEach
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.indexOf
import dev.leasehold.memory.typed.insert
import dev.leasehold.memory.typed.lastIndexOf
import dev.leasehold.memory.typed.peek
import dev.leasehold.memory.typed.pop
import dev.leasehold.memory.typed.push
import dev.leasehold.memory.typed.remove
import dev.leasehold.memory.typed.removeAt
import dev.leasehold.memory.typed.set
import java.lang.foreign.Arena
import kotlin.random.Random

/**
 * What a suite needs to run over elements [E] of any type: each operation with the element as the object [T] that it is
 * on the heap.
 *
 * @property samples few enough that a search often finds one
 */
internal abstract class ElementKind<E, T : Any>(
    val name: String,
    val type: ElementType<E>,
    private val samples: List<T>,
) {
    fun value(random: Random): T = samples.random(random)

    abstract fun indexOf(of: OffHeapElements<E>, value: T): Long

    abstract fun lastIndexOf(of: OffHeapElements<E>, value: T): Long

    abstract fun contains(of: OffHeapElements<E>, value: T): Boolean

    abstract fun iterated(of: OffHeapElements<E>): List<T>

    abstract fun visited(of: OffHeapElements<E>): List<T>

    abstract fun array(of: OffHeapElements<E>): List<T>

    abstract fun get(of: OffHeapArray<E>, index: Long): T

    abstract fun set(of: OffHeapArray<E>, index: Long, value: T)

    abstract fun add(to: OffHeapList<E>, value: T)

    abstract fun insert(into: OffHeapList<E>, index: Long, value: T)

    abstract fun removeAt(from: OffHeapList<E>, index: Long): T

    abstract fun remove(from: OffHeapList<E>, value: T): Boolean

    abstract fun addAll(to: OffHeapList<E>, values: List<T>)

    abstract fun push(to: OffHeapStack<E>, value: T)

    abstract fun pop(from: OffHeapStack<E>): T

    abstract fun peek(at: OffHeapStack<E>): T

    abstract fun get(of: OffHeapQueue<E>, index: Long): T

    abstract fun set(of: OffHeapQueue<E>, index: Long, value: T)

    abstract fun add(to: OffHeapQueue<E>, value: T)

    abstract fun remove(from: OffHeapQueue<E>): T

    abstract fun peek(at: OffHeapQueue<E>): T

    abstract fun removeAt(from: OffHeapQueue<E>, index: Long): T

    abstract fun remove(from: OffHeapQueue<E>, value: T): Boolean

    abstract fun get(of: OffHeapAppendList<E>, position: Long): T

    abstract fun set(of: OffHeapAppendList<E>, position: Long, value: T)

    abstract fun add(to: OffHeapAppendList<E>, value: T): Long

    override fun toString(): String = name

    companion object {
        val all: List<ElementKind<*, *>> = PRIMITIVE_KINDS + Dots
    }
}

/** Compares as collections on the heap do: NaN equals NaN, and -0.0 is not 0.0. */
internal infix fun <T> T.shouldEqual(expected: T) {
    if (this != expected) throw AssertionError("expected: <$expected> but was: <$this>")
}

/** A struct with padding, and fields of three widths. */
internal object Dot : Struct<Dot>() {
    val id = long()
    val x = float()
    val lit = boolean()
}

/** A [Dot] on the heap. */
internal data class HeapDot(val id: Long, val x: Float, val lit: Boolean) {
    fun writeTo(view: StructView<Dot>) {
        view[Dot.id] = id
        view[Dot.x] = x
        view[Dot.lit] = lit
    }

    /** A view of such a struct, whose padding is zero, that lives as long as it is reachable. */
    fun view(): StructView<Dot> = Segment.of(Arena.ofAuto().allocate(Dot.byteSize)).asStruct(Dot).also(::writeTo)

    companion object {
        fun of(view: StructView<Dot>) = HeapDot(view[Dot.id], view[Dot.x], view[Dot.lit])
    }
}

/** Structs: the half of the additions by a view of a new one, the other half by a copy. */
internal object Dots : ElementKind<Dot, HeapDot>(
    "structs",
    Dot,
    List(40) { HeapDot(it / 4L, it.toFloat(), it % 2 == 0) },
) {
    override fun indexOf(of: OffHeapElements<Dot>, value: HeapDot) = of.indexOf(value.view())

    override fun lastIndexOf(of: OffHeapElements<Dot>, value: HeapDot) = of.lastIndexOf(value.view())

    override fun contains(of: OffHeapElements<Dot>, value: HeapDot) = value.view() in of

    override fun iterated(of: OffHeapElements<Dot>) = List(of.size.toInt()) { HeapDot.of(of[it.toLong()]) }

    override fun visited(of: OffHeapElements<Dot>) = buildList { of.forEach { add(HeapDot.of(it)) } }

    override fun array(of: OffHeapElements<Dot>): List<HeapDot> {
        val bytes = Segment.of(Arena.ofAuto().allocate(of.size * Dot.byteSize + 1))
        of.copyTo(bytes, 1)
        return List(of.size.toInt()) {
            HeapDot.of(bytes.slice(1 + it * Dot.byteSize, Dot.byteSize).asStruct(Dot))
        }
    }

    override fun get(of: OffHeapArray<Dot>, index: Long) = HeapDot.of(of[index])

    override fun set(of: OffHeapArray<Dot>, index: Long, value: HeapDot) = value.writeTo(of[index])

    override fun add(to: OffHeapList<Dot>, value: HeapDot) {
        if (value.lit) value.writeTo(to.add()) else to.add(value.view())
    }

    override fun insert(into: OffHeapList<Dot>, index: Long, value: HeapDot) {
        if (value.lit) value.writeTo(into.insert(index)) else into.insert(index, value.view())
    }

    override fun removeAt(from: OffHeapList<Dot>, index: Long): HeapDot {
        val value = HeapDot.of(from[index])
        from.removeAt(index)
        return value
    }

    override fun remove(from: OffHeapList<Dot>, value: HeapDot) = from.remove(value.view())

    override fun addAll(to: OffHeapList<Dot>, values: List<HeapDot>) {
        val first = to.addZeroed(values.size.toLong())
        values.forEachIndexed { index, value -> value.writeTo(to[first + index]) }
    }

    override fun push(to: OffHeapStack<Dot>, value: HeapDot) {
        if (value.lit) value.writeTo(to.push()) else to.push(value.view())
    }

    override fun pop(from: OffHeapStack<Dot>): HeapDot = from.pop { HeapDot.of(it) }

    override fun peek(at: OffHeapStack<Dot>) = HeapDot.of(at.peek())

    override fun get(of: OffHeapQueue<Dot>, index: Long) = HeapDot.of(of[index])

    override fun set(of: OffHeapQueue<Dot>, index: Long, value: HeapDot) {
        of[index] = value.view()
    }

    override fun add(to: OffHeapQueue<Dot>, value: HeapDot) {
        if (value.lit) value.writeTo(to.add()) else to.add(value.view())
    }

    override fun remove(from: OffHeapQueue<Dot>): HeapDot = from.remove { HeapDot.of(it) }

    override fun peek(at: OffHeapQueue<Dot>) = HeapDot.of(at.peek())

    override fun removeAt(from: OffHeapQueue<Dot>, index: Long): HeapDot {
        val value = HeapDot.of(from[index])
        from.removeAt(index)
        return value
    }

    override fun remove(from: OffHeapQueue<Dot>, value: HeapDot) = from.remove(value.view())

    override fun get(of: OffHeapAppendList<Dot>, position: Long) = HeapDot.of(of[position])

    override fun set(of: OffHeapAppendList<Dot>, position: Long, value: HeapDot) {
        of[position] = value.view()
    }

    override fun add(to: OffHeapAppendList<Dot>, value: HeapDot): Long {
        if (!value.lit) return to.add(value.view())
        value.writeTo(to.add())
        return to.size - 1
    }
}
