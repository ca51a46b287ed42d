package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.OffHeapAppendList
import dev.leasehold.memory.typed.OffHeapArray
import dev.leasehold.memory.typed.OffHeapElements
import dev.leasehold.memory.typed.OffHeapList
import dev.leasehold.memory.typed.OffHeapQueue
import dev.leasehold.memory.typed.OffHeapStack
import dev.leasehold.memory.typed.add
import dev.leasehold.memory.typed.addAll
import dev.leasehold.memory.typed.contains
import dev.leasehold.memory.typed.forEach
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.indexOf
import dev.leasehold.memory.typed.insert
import dev.leasehold.memory.typed.iterator
import dev.leasehold.memory.typed.lastIndexOf
import dev.leasehold.memory.typed.peek
import dev.leasehold.memory.typed.pop
import dev.leasehold.memory.typed.push
import dev.leasehold.memory.typed.remove
import dev.leasehold.memory.typed.removeAt
import dev.leasehold.memory.typed.set
import dev.leasehold.memory.typed.toByteArray
import dev.leasehold.memory.typed.toCharArray
import dev.leasehold.memory.typed.toDoubleArray
import dev.leasehold.memory.typed.toFloatArray
import dev.leasehold.memory.typed.toIntArray
import dev.leasehold.memory.typed.toLongArray
import dev.leasehold.memory.typed.toShortArray

/** All primitive types; floats are compared as objects, as lists on the heap do. */
internal val PRIMITIVE_KINDS: List<ElementKind<*, *>> = listOf(Bytes, Shorts, Chars, Ints, Longs, Floats, Doubles)

internal object Bytes : ElementKind<Byte, Byte>(
    "bytes",
    ElementType.BYTE,
    listOf<Byte>(0, 1, -1, Byte.MAX_VALUE, Byte.MIN_VALUE, 42),
) {
    override fun indexOf(of: OffHeapElements<Byte>, value: Byte) = of.indexOf(value)

    override fun lastIndexOf(of: OffHeapElements<Byte>, value: Byte) = of.lastIndexOf(value)

    override fun contains(of: OffHeapElements<Byte>, value: Byte) = value in of

    override fun iterated(of: OffHeapElements<Byte>) = buildList { for (value in of) add(value) }

    override fun visited(of: OffHeapElements<Byte>) = buildList { of.forEach { add(it) } }

    override fun array(of: OffHeapElements<Byte>) = of.toByteArray().toList()

    override fun get(of: OffHeapArray<Byte>, index: Long) = of[index]

    override fun set(of: OffHeapArray<Byte>, index: Long, value: Byte) = of.set(index, value)

    override fun add(to: OffHeapList<Byte>, value: Byte) = to.add(value)

    override fun insert(into: OffHeapList<Byte>, index: Long, value: Byte) = into.insert(index, value)

    override fun removeAt(from: OffHeapList<Byte>, index: Long) = from.removeAt(index)

    override fun remove(from: OffHeapList<Byte>, value: Byte) = from.remove(value)

    override fun addAll(to: OffHeapList<Byte>, values: List<Byte>) = to.addAll(values.toByteArray())

    override fun push(to: OffHeapStack<Byte>, value: Byte) = to.push(value)

    override fun pop(from: OffHeapStack<Byte>) = from.pop()

    override fun peek(at: OffHeapStack<Byte>) = at.peek()

    override fun get(of: OffHeapQueue<Byte>, index: Long) = of[index]

    override fun set(of: OffHeapQueue<Byte>, index: Long, value: Byte) = of.set(index, value)

    override fun add(to: OffHeapQueue<Byte>, value: Byte) = to.add(value)

    override fun remove(from: OffHeapQueue<Byte>) = from.remove()

    override fun peek(at: OffHeapQueue<Byte>) = at.peek()

    override fun removeAt(from: OffHeapQueue<Byte>, index: Long) = from.removeAt(index)

    override fun remove(from: OffHeapQueue<Byte>, value: Byte) = from.remove(value)

    override fun get(of: OffHeapAppendList<Byte>, position: Long) = of[position]

    override fun set(of: OffHeapAppendList<Byte>, position: Long, value: Byte) = of.set(position, value)

    override fun add(to: OffHeapAppendList<Byte>, value: Byte) = to.add(value)
}

internal object Shorts : ElementKind<Short, Short>(
    "shorts",
    ElementType.SHORT,
    listOf<Short>(0, 1, -1, Short.MAX_VALUE, Short.MIN_VALUE, 258),
) {
    override fun indexOf(of: OffHeapElements<Short>, value: Short) = of.indexOf(value)

    override fun lastIndexOf(of: OffHeapElements<Short>, value: Short) = of.lastIndexOf(value)

    override fun contains(of: OffHeapElements<Short>, value: Short) = value in of

    override fun iterated(of: OffHeapElements<Short>) = buildList { for (value in of) add(value) }

    override fun visited(of: OffHeapElements<Short>) = buildList { of.forEach { add(it) } }

    override fun array(of: OffHeapElements<Short>) = of.toShortArray().toList()

    override fun get(of: OffHeapArray<Short>, index: Long) = of[index]

    override fun set(of: OffHeapArray<Short>, index: Long, value: Short) = of.set(index, value)

    override fun add(to: OffHeapList<Short>, value: Short) = to.add(value)

    override fun insert(into: OffHeapList<Short>, index: Long, value: Short) = into.insert(index, value)

    override fun removeAt(from: OffHeapList<Short>, index: Long) = from.removeAt(index)

    override fun remove(from: OffHeapList<Short>, value: Short) = from.remove(value)

    override fun addAll(to: OffHeapList<Short>, values: List<Short>) = to.addAll(values.toShortArray())

    override fun push(to: OffHeapStack<Short>, value: Short) = to.push(value)

    override fun pop(from: OffHeapStack<Short>) = from.pop()

    override fun peek(at: OffHeapStack<Short>) = at.peek()

    override fun get(of: OffHeapQueue<Short>, index: Long) = of[index]

    override fun set(of: OffHeapQueue<Short>, index: Long, value: Short) = of.set(index, value)

    override fun add(to: OffHeapQueue<Short>, value: Short) = to.add(value)

    override fun remove(from: OffHeapQueue<Short>) = from.remove()

    override fun peek(at: OffHeapQueue<Short>) = at.peek()

    override fun removeAt(from: OffHeapQueue<Short>, index: Long) = from.removeAt(index)

    override fun remove(from: OffHeapQueue<Short>, value: Short) = from.remove(value)

    override fun get(of: OffHeapAppendList<Short>, position: Long) = of[position]

    override fun set(of: OffHeapAppendList<Short>, position: Long, value: Short) = of.set(position, value)

    override fun add(to: OffHeapAppendList<Short>, value: Short) = to.add(value)
}

internal object Chars : ElementKind<Char, Char>(
    "chars",
    ElementType.CHAR,
    listOf('a', '\u0000', '\uffff', '\u8000', 'z', '\u0102'),
) {
    override fun indexOf(of: OffHeapElements<Char>, value: Char) = of.indexOf(value)

    override fun lastIndexOf(of: OffHeapElements<Char>, value: Char) = of.lastIndexOf(value)

    override fun contains(of: OffHeapElements<Char>, value: Char) = value in of

    override fun iterated(of: OffHeapElements<Char>) = buildList { for (value in of) add(value) }

    override fun visited(of: OffHeapElements<Char>) = buildList { of.forEach { add(it) } }

    override fun array(of: OffHeapElements<Char>) = of.toCharArray().toList()

    override fun get(of: OffHeapArray<Char>, index: Long) = of[index]

    override fun set(of: OffHeapArray<Char>, index: Long, value: Char) = of.set(index, value)

    override fun add(to: OffHeapList<Char>, value: Char) = to.add(value)

    override fun insert(into: OffHeapList<Char>, index: Long, value: Char) = into.insert(index, value)

    override fun removeAt(from: OffHeapList<Char>, index: Long) = from.removeAt(index)

    override fun remove(from: OffHeapList<Char>, value: Char) = from.remove(value)

    override fun addAll(to: OffHeapList<Char>, values: List<Char>) = to.addAll(values.toCharArray())

    override fun push(to: OffHeapStack<Char>, value: Char) = to.push(value)

    override fun pop(from: OffHeapStack<Char>) = from.pop()

    override fun peek(at: OffHeapStack<Char>) = at.peek()

    override fun get(of: OffHeapQueue<Char>, index: Long) = of[index]

    override fun set(of: OffHeapQueue<Char>, index: Long, value: Char) = of.set(index, value)

    override fun add(to: OffHeapQueue<Char>, value: Char) = to.add(value)

    override fun remove(from: OffHeapQueue<Char>) = from.remove()

    override fun peek(at: OffHeapQueue<Char>) = at.peek()

    override fun removeAt(from: OffHeapQueue<Char>, index: Long) = from.removeAt(index)

    override fun remove(from: OffHeapQueue<Char>, value: Char) = from.remove(value)

    override fun get(of: OffHeapAppendList<Char>, position: Long) = of[position]

    override fun set(of: OffHeapAppendList<Char>, position: Long, value: Char) = of.set(position, value)

    override fun add(to: OffHeapAppendList<Char>, value: Char) = to.add(value)
}

internal object Ints : ElementKind<Int, Int>(
    "ints",
    ElementType.INT,
    listOf(0, 1, -1, Int.MAX_VALUE, Int.MIN_VALUE, 0x01020304),
) {
    override fun indexOf(of: OffHeapElements<Int>, value: Int) = of.indexOf(value)

    override fun lastIndexOf(of: OffHeapElements<Int>, value: Int) = of.lastIndexOf(value)

    override fun contains(of: OffHeapElements<Int>, value: Int) = value in of

    override fun iterated(of: OffHeapElements<Int>) = buildList { for (value in of) add(value) }

    override fun visited(of: OffHeapElements<Int>) = buildList { of.forEach { add(it) } }

    override fun array(of: OffHeapElements<Int>) = of.toIntArray().toList()

    override fun get(of: OffHeapArray<Int>, index: Long) = of[index]

    override fun set(of: OffHeapArray<Int>, index: Long, value: Int) = of.set(index, value)

    override fun add(to: OffHeapList<Int>, value: Int) = to.add(value)

    override fun insert(into: OffHeapList<Int>, index: Long, value: Int) = into.insert(index, value)

    override fun removeAt(from: OffHeapList<Int>, index: Long) = from.removeAt(index)

    override fun remove(from: OffHeapList<Int>, value: Int) = from.remove(value)

    override fun addAll(to: OffHeapList<Int>, values: List<Int>) = to.addAll(values.toIntArray())

    override fun push(to: OffHeapStack<Int>, value: Int) = to.push(value)

    override fun pop(from: OffHeapStack<Int>) = from.pop()

    override fun peek(at: OffHeapStack<Int>) = at.peek()

    override fun get(of: OffHeapQueue<Int>, index: Long) = of[index]

    override fun set(of: OffHeapQueue<Int>, index: Long, value: Int) = of.set(index, value)

    override fun add(to: OffHeapQueue<Int>, value: Int) = to.add(value)

    override fun remove(from: OffHeapQueue<Int>) = from.remove()

    override fun peek(at: OffHeapQueue<Int>) = at.peek()

    override fun removeAt(from: OffHeapQueue<Int>, index: Long) = from.removeAt(index)

    override fun remove(from: OffHeapQueue<Int>, value: Int) = from.remove(value)

    override fun get(of: OffHeapAppendList<Int>, position: Long) = of[position]

    override fun set(of: OffHeapAppendList<Int>, position: Long, value: Int) = of.set(position, value)

    override fun add(to: OffHeapAppendList<Int>, value: Int) = to.add(value)
}

internal object Longs : ElementKind<Long, Long>(
    "longs",
    ElementType.LONG,
    listOf<Long>(
        0,
        1,
        -1,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        1L shl 32,
    ),
) {
    override fun indexOf(of: OffHeapElements<Long>, value: Long) = of.indexOf(value)

    override fun lastIndexOf(of: OffHeapElements<Long>, value: Long) = of.lastIndexOf(value)

    override fun contains(of: OffHeapElements<Long>, value: Long) = value in of

    override fun iterated(of: OffHeapElements<Long>) = buildList { for (value in of) add(value) }

    override fun visited(of: OffHeapElements<Long>) = buildList { of.forEach { add(it) } }

    override fun array(of: OffHeapElements<Long>) = of.toLongArray().toList()

    override fun get(of: OffHeapArray<Long>, index: Long) = of[index]

    override fun set(of: OffHeapArray<Long>, index: Long, value: Long) = of.set(index, value)

    override fun add(to: OffHeapList<Long>, value: Long) = to.add(value)

    override fun insert(into: OffHeapList<Long>, index: Long, value: Long) = into.insert(index, value)

    override fun removeAt(from: OffHeapList<Long>, index: Long) = from.removeAt(index)

    override fun remove(from: OffHeapList<Long>, value: Long) = from.remove(value)

    override fun addAll(to: OffHeapList<Long>, values: List<Long>) = to.addAll(values.toLongArray())

    override fun push(to: OffHeapStack<Long>, value: Long) = to.push(value)

    override fun pop(from: OffHeapStack<Long>) = from.pop()

    override fun peek(at: OffHeapStack<Long>) = at.peek()

    override fun get(of: OffHeapQueue<Long>, index: Long) = of[index]

    override fun set(of: OffHeapQueue<Long>, index: Long, value: Long) = of.set(index, value)

    override fun add(to: OffHeapQueue<Long>, value: Long) = to.add(value)

    override fun remove(from: OffHeapQueue<Long>) = from.remove()

    override fun peek(at: OffHeapQueue<Long>) = at.peek()

    override fun removeAt(from: OffHeapQueue<Long>, index: Long) = from.removeAt(index)

    override fun remove(from: OffHeapQueue<Long>, value: Long) = from.remove(value)

    override fun get(of: OffHeapAppendList<Long>, position: Long) = of[position]

    override fun set(of: OffHeapAppendList<Long>, position: Long, value: Long) = of.set(position, value)

    override fun add(to: OffHeapAppendList<Long>, value: Long) = to.add(value)
}

internal object Floats : ElementKind<Float, Float>(
    "floats",
    ElementType.FLOAT,
    listOf(0f, -0f, 1f, Float.NaN, Float.NEGATIVE_INFINITY, Float.MIN_VALUE),
) {
    override fun indexOf(of: OffHeapElements<Float>, value: Float) = of.indexOf(value)

    override fun lastIndexOf(of: OffHeapElements<Float>, value: Float) = of.lastIndexOf(value)

    override fun contains(of: OffHeapElements<Float>, value: Float) = value in of

    override fun iterated(of: OffHeapElements<Float>) = buildList { for (value in of) add(value) }

    override fun visited(of: OffHeapElements<Float>) = buildList { of.forEach { add(it) } }

    override fun array(of: OffHeapElements<Float>) = of.toFloatArray().toList()

    override fun get(of: OffHeapArray<Float>, index: Long) = of[index]

    override fun set(of: OffHeapArray<Float>, index: Long, value: Float) = of.set(index, value)

    override fun add(to: OffHeapList<Float>, value: Float) = to.add(value)

    override fun insert(into: OffHeapList<Float>, index: Long, value: Float) = into.insert(index, value)

    override fun removeAt(from: OffHeapList<Float>, index: Long) = from.removeAt(index)

    override fun remove(from: OffHeapList<Float>, value: Float) = from.remove(value)

    override fun addAll(to: OffHeapList<Float>, values: List<Float>) = to.addAll(values.toFloatArray())

    override fun push(to: OffHeapStack<Float>, value: Float) = to.push(value)

    override fun pop(from: OffHeapStack<Float>) = from.pop()

    override fun peek(at: OffHeapStack<Float>) = at.peek()

    override fun get(of: OffHeapQueue<Float>, index: Long) = of[index]

    override fun set(of: OffHeapQueue<Float>, index: Long, value: Float) = of.set(index, value)

    override fun add(to: OffHeapQueue<Float>, value: Float) = to.add(value)

    override fun remove(from: OffHeapQueue<Float>) = from.remove()

    override fun peek(at: OffHeapQueue<Float>) = at.peek()

    override fun removeAt(from: OffHeapQueue<Float>, index: Long) = from.removeAt(index)

    override fun remove(from: OffHeapQueue<Float>, value: Float) = from.remove(value)

    override fun get(of: OffHeapAppendList<Float>, position: Long) = of[position]

    override fun set(of: OffHeapAppendList<Float>, position: Long, value: Float) = of.set(position, value)

    override fun add(to: OffHeapAppendList<Float>, value: Float) = to.add(value)
}

internal object Doubles : ElementKind<Double, Double>(
    "doubles",
    ElementType.DOUBLE,
    listOf(0.0, -0.0, 1.0, Double.NaN, Double.NEGATIVE_INFINITY, Double.MIN_VALUE),
) {
    override fun indexOf(of: OffHeapElements<Double>, value: Double) = of.indexOf(value)

    override fun lastIndexOf(of: OffHeapElements<Double>, value: Double) = of.lastIndexOf(value)

    override fun contains(of: OffHeapElements<Double>, value: Double) = value in of

    override fun iterated(of: OffHeapElements<Double>) = buildList { for (value in of) add(value) }

    override fun visited(of: OffHeapElements<Double>) = buildList { of.forEach { add(it) } }

    override fun array(of: OffHeapElements<Double>) = of.toDoubleArray().toList()

    override fun get(of: OffHeapArray<Double>, index: Long) = of[index]

    override fun set(of: OffHeapArray<Double>, index: Long, value: Double) = of.set(index, value)

    override fun add(to: OffHeapList<Double>, value: Double) = to.add(value)

    override fun insert(into: OffHeapList<Double>, index: Long, value: Double) = into.insert(index, value)

    override fun removeAt(from: OffHeapList<Double>, index: Long) = from.removeAt(index)

    override fun remove(from: OffHeapList<Double>, value: Double) = from.remove(value)

    override fun addAll(to: OffHeapList<Double>, values: List<Double>) = to.addAll(values.toDoubleArray())

    override fun push(to: OffHeapStack<Double>, value: Double) = to.push(value)

    override fun pop(from: OffHeapStack<Double>) = from.pop()

    override fun peek(at: OffHeapStack<Double>) = at.peek()

    override fun get(of: OffHeapQueue<Double>, index: Long) = of[index]

    override fun set(of: OffHeapQueue<Double>, index: Long, value: Double) = of.set(index, value)

    override fun add(to: OffHeapQueue<Double>, value: Double) = to.add(value)

    override fun remove(from: OffHeapQueue<Double>) = from.remove()

    override fun peek(at: OffHeapQueue<Double>) = at.peek()

    override fun removeAt(from: OffHeapQueue<Double>, index: Long) = from.removeAt(index)

    override fun remove(from: OffHeapQueue<Double>, value: Double) = from.remove(value)

    override fun get(of: OffHeapAppendList<Double>, position: Long) = of[position]

    override fun set(of: OffHeapAppendList<Double>, position: Long, value: Double) = of.set(position, value)

    override fun add(to: OffHeapAppendList<Double>, value: Double) = to.add(value)
}
