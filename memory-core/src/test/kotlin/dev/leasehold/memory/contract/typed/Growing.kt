package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.OffHeapAppendList
import dev.leasehold.memory.typed.OffHeapCollection
import dev.leasehold.memory.typed.OffHeapDictionary
import dev.leasehold.memory.typed.OffHeapList
import dev.leasehold.memory.typed.OffHeapQueue
import dev.leasehold.memory.typed.OffHeapStack
import dev.leasehold.memory.typed.StringTable
import dev.leasehold.memory.typed.add
import dev.leasehold.memory.typed.find
import dev.leasehold.memory.typed.forEach
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.getOrDefault
import dev.leasehold.memory.typed.getOrPut
import dev.leasehold.memory.typed.insert
import dev.leasehold.memory.typed.key
import dev.leasehold.memory.typed.push
import dev.leasehold.memory.typed.remove
import dev.leasehold.memory.typed.set

/**
 * A collection that is filled with the numbers from 0 on, whatever it takes.
 *
 * @property add adds the next number, which is how many there are
 * @property check fails unless it holds just the numbers below [OffHeapCollection.size]
 */
internal class Growing<C : OffHeapCollection>(
    val name: String,
    val make: (MemoryManager) -> C,
    val add: (C, Int) -> Unit,
    val check: (C) -> Unit,
) {
    override fun toString(): String = name

    companion object {
        private fun same(index: Long, found: Long) = check(found == index) { "$found instead of $index" }

        val all: List<Growing<*>> = listOf(
            Growing(
                "a list",
                { OffHeapList(ElementType.LONG, it) },
                { list, number -> list.add(number.toLong()) },
                { list -> for (index in 0 until list.size) same(index, list[index]) },
            ),
            Growing(
                "a list that is inserted into",
                { OffHeapList(Dot, it) },
                { list, number ->
                    list.insert(minOf(list.size, number.toLong()), HeapDot(number.toLong(), 1f, true).view())
                },
                { list -> for (index in 0 until list.size) same(index, list[index][Dot.id]) },
            ),
            Growing(
                "a list that is doubled by itself and cut back",
                { OffHeapList(ElementType.LONG, it) },
                { list, number ->
                    if (number > 0 && Integer.bitCount(number) == 1) {
                        list.addAll(list)
                        list.removeRange(number.toLong(), list.size)
                    }
                    list.add(number.toLong())
                },
                { list -> for (index in 0 until list.size) same(index, list[index]) },
            ),
            Growing(
                "a stack",
                { OffHeapStack(Dot, it) },
                { stack, number -> HeapDot(number.toLong(), 1f, true).writeTo(stack.push()) },
                { stack -> for (index in 0 until stack.size) same(index, stack[index][Dot.id]) },
            ),
            Growing(
                "a queue whose head is in the midst of the ring",
                { manager ->
                    OffHeapQueue(ElementType.LONG, manager, 8).also { queue ->
                        repeat(5) {
                            queue.add(-1L)
                            queue.remove()
                        }
                    }
                },
                { queue, number -> queue.add(number.toLong()) },
                { queue -> for (index in 0 until queue.size) same(index, queue[index]) },
            ),
            Growing(
                "an append-only list",
                { OffHeapAppendList(Dot, it) },
                { list, number -> HeapDot(number.toLong(), 1f, true).writeTo(list.add()) },
                { list -> for (index in 0 until list.size) same(index, list[index][Dot.id]) },
            ),
            Growing(
                "a dictionary of longs",
                { OffHeapDictionary(ElementType.LONG, ElementType.LONG, it) },
                { dictionary, number -> dictionary[number.toLong()] = number.toLong() },
                { dictionary ->
                    for (key in 0 until dictionary.size) same(key, dictionary.getOrDefault(key, -1L))
                    var entries = 0L
                    dictionary.forEach { entries++ }
                    same(dictionary.size, entries)
                },
            ),
            Growing(
                "a dictionary of structs",
                { OffHeapDictionary(Dot, Dot, it) },
                { dictionary, number ->
                    val dot = HeapDot(number.toLong(), 1f, true)
                    dot.writeTo(dictionary[dictionary.getOrPut(dot.view())])
                },
                { dictionary ->
                    dictionary.forEach { same(dictionary.key(it)[Dot.id], dictionary[it][Dot.id]) }
                    for (key in 0 until dictionary.size step 7) {
                        val at = dictionary.find(HeapDot(key, 1f, true).view())
                        same(key, dictionary[at][Dot.id])
                    }
                },
            ),
            Growing(
                "a string table",
                { StringTable(it) },
                { table, number -> same(number.toLong(), table.intern("the text of number $number").toLong()) },
                { table ->
                    table.forEachIndexed { id, text -> check(text == "the text of number $id") { "$text at $id" } }
                    for (id in 0 until table.size.toInt() step 7) {
                        same(id.toLong(), table.idOf("the text of number $id").toLong())
                    }
                },
            ),
        )
    }
}
