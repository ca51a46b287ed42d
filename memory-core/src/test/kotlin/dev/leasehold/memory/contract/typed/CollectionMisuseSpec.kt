package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SegmentBoundsException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.support.withMemory
import dev.leasehold.memory.typed.CollectionChangedException
import dev.leasehold.memory.typed.ElementBoundsException
import dev.leasehold.memory.typed.ElementLayoutException
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.EmptyCollectionException
import dev.leasehold.memory.typed.OffHeapAppendList
import dev.leasehold.memory.typed.OffHeapCollection
import dev.leasehold.memory.typed.OffHeapDictionary
import dev.leasehold.memory.typed.OffHeapList
import dev.leasehold.memory.typed.OffHeapQueue
import dev.leasehold.memory.typed.OffHeapStack
import dev.leasehold.memory.typed.StringTable
import dev.leasehold.memory.typed.StructView
import dev.leasehold.memory.typed.TypedMemoryClosedException
import dev.leasehold.memory.typed.add
import dev.leasehold.memory.typed.contains
import dev.leasehold.memory.typed.elements
import dev.leasehold.memory.typed.find
import dev.leasehold.memory.typed.first
import dev.leasehold.memory.typed.forEach
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.getOrPut
import dev.leasehold.memory.typed.indexOf
import dev.leasehold.memory.typed.insert
import dev.leasehold.memory.typed.iterator
import dev.leasehold.memory.typed.peek
import dev.leasehold.memory.typed.pop
import dev.leasehold.memory.typed.push
import dev.leasehold.memory.typed.remove
import dev.leasehold.memory.typed.removeAt
import dev.leasehold.memory.typed.set
import dev.leasehold.memory.typed.toLongArray
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

/** What collections refuse, each refusal with its words, and with nothing changed. */
class CollectionMisuseSpec : FunSpec() {
    private val manager = SystemMemoryManager("misuse")

    private fun longs(vararg values: Long) =
        OffHeapList(ElementType.LONG, manager).also { list -> values.forEach { list.add(it) } }

    private inline fun <reified X : Throwable> refused(words: String, crossinline body: () -> Any?) {
        shouldThrow<X> { body() }.message shouldBe words
    }

    init {
        afterSpec {
            manager.stats().blocks shouldBe 0
            manager.close()
        }

        test("an index outside is refused with how many elements there are, and nothing is changed") {
            longs(1, 2, 3).use { list ->
                val words = "The list of long from manager 'misuse' has no element %s: it has 3, from 0 to 2"
                for ((index, shown) in listOf(3L to "3", -1L to "-1", Long.MAX_VALUE to "9,223,372,036,854,775,807")) {
                    refused<ElementBoundsException>(words.format(shown)) { list[index] }
                    refused<ElementBoundsException>(words.format(shown)) { list[index] = 0 }
                    refused<ElementBoundsException>(words.format(shown)) { list.removeAt(index) }
                    refused<ElementBoundsException>(words.format(shown)) { list.asMemorySegment(index) }
                }
                shouldThrow<ElementBoundsException> { list[3] }.run {
                    index shouldBe 3
                    count shouldBe 3
                }
                // An index whose byte offset would wrap round to a valid one.
                shouldThrow<ElementBoundsException> { list[1L shl 61] }
                refused<ElementBoundsException>(
                    "Nothing can be inserted at 4 of The list of long from manager 'misuse': the positions go from 0 " +
                        "to 3, its size",
                ) { list.insert(4, 9) }
                refused<ElementBoundsException>(
                    "The list of long from manager 'misuse' has no elements from 2 up to 1: it has 3, and a range " +
                        "must not end before it begins",
                ) { list.removeRange(2, 1) }
                shouldThrow<ElementBoundsException> { list.removeRange(0, 4) }
                list.toLongArray().toList() shouldBe listOf(1, 2, 3)
            }
            OffHeapQueue(ElementType.CHAR, manager).use { queue ->
                refused<ElementBoundsException>(
                    "The queue of char from manager 'misuse' has no element 0: it is empty",
                ) {
                    queue[0]
                }
                shouldThrow<ElementBoundsException> { queue.drop(1) }
                shouldThrow<ElementBoundsException> { queue.removeRange(0, 1) }
            }
            OffHeapAppendList(ElementType.BYTE, manager).use { list ->
                list.add(1)
                shouldThrow<ElementBoundsException> { list[1] }
                shouldThrow<ElementBoundsException> { list[-1] = 2 }
                shouldThrow<ElementBoundsException> { list.asMemorySegment(1) }
            }
        }

        test("nothing can be taken from what is empty") {
            OffHeapStack(ElementType.LONG, manager).use { stack ->
                val words = "The stack of long from manager 'misuse' is empty: ask isEmpty first"
                refused<EmptyCollectionException>(words) { stack.pop() }
                refused<EmptyCollectionException>(words) { stack.peek() }
                shouldThrow<ElementBoundsException> { stack.drop() }
                stack.push(1)
                stack.pop() shouldBe 1
                refused<EmptyCollectionException>(words) { stack.pop() }
            }
            OffHeapQueue(Dot, manager).use { queue ->
                val words = "The queue of Dot from manager 'misuse' is empty: ask isEmpty first"
                refused<EmptyCollectionException>(words) { queue.peek() }
                refused<EmptyCollectionException>(words) { queue.remove { it } }
            }
            OffHeapQueue(ElementType.LONG, manager).use { queue ->
                shouldThrow<EmptyCollectionException> { queue.remove() }
                shouldThrow<EmptyCollectionException> { queue.peek() }
            }
        }

        test("a capacity below zero and one that no block can have are refused") {
            refused<ElementBoundsException>(
                "A collection of long from manager 'misuse' cannot have a capacity of -1 elements: it must not be " +
                    "negative",
            ) { OffHeapList(ElementType.LONG, manager, -1) }
            shouldThrow<InvalidSizeException> { OffHeapStack(Dot, manager, Long.MAX_VALUE) }
            shouldThrow<InvalidSizeException> { OffHeapQueue(ElementType.BYTE, manager, Long.MAX_VALUE) }
            shouldThrow<InvalidSizeException> { OffHeapDictionary(Dot, Dot, manager, Long.MAX_VALUE) }
            shouldThrow<InvalidSizeException> { OffHeapDictionary(Dot, Dot, manager, 1L shl 60) }
            shouldThrow<ElementBoundsException> { StringTable(manager, 1L shl 31) }
            longs(7).use { list ->
                refused<ElementBoundsException>(
                    "The list of long from manager 'misuse' cannot have a capacity of -5 elements: it must not be " +
                        "negative",
                ) { list.reserve(-5) }
                shouldThrow<InvalidSizeException> { list.reserve(Long.MAX_VALUE) }
                shouldThrow<InvalidSizeException> { list.reserve(1L shl 60) }
                shouldThrow<InvalidSizeException> { list.addZeroed(1L shl 50) }
                shouldThrow<InvalidSizeException> { list.insertZeroed(0, Long.MAX_VALUE) }
                list.toLongArray().toList() shouldBe listOf(7)
            }
        }

        test("every use of what is closed or released says so") {
            val all = listOf<OffHeapCollection>(
                longs(1),
                OffHeapStack(ElementType.LONG, manager).also { it.push(1L) },
                OffHeapQueue(ElementType.LONG, manager).also { it.add(1L) },
                OffHeapAppendList(ElementType.LONG, manager).also { it.add(1L) },
                OffHeapDictionary(ElementType.LONG, ElementType.LONG, manager).also { it[1L] = 1L },
                StringTable(manager).also { it.intern("1") },
            )
            for (collection in all) {
                val name = collection.describe()
                collection.close()
                collection.close()
                collection.isClosed.shouldBeTrue()
                for ((index, use) in uses(collection).withIndex()) {
                    withClue("$name, use $index") {
                        shouldThrow<TypedMemoryClosedException> { use() }.message shouldBe
                            "$name was used after it had been closed; its memory is gone, or another's to free"
                    }
                }
                collection.toString() shouldContain "(closed, manager 'misuse')"
            }
        }

        test("a released collection has given its block away, and frees nothing when it is closed") {
            val list = longs(1, 2)
            val block = list.release()
            shouldThrow<TypedMemoryClosedException> { list.add(3) }.message shouldBe "The list of long from manager " +
                "'misuse' was used after it had been released; its memory is gone, or another's to free"
            list.close()
            block.isClosed shouldBe false
            OffHeapList.open(ElementType.LONG, block).use { it.toLongArray().toList() shouldBe listOf(1, 2) }
            block.isClosed.shouldBeTrue()
        }

        test("a block that was closed elsewhere is found out when the collection is closed, and at the next growth") {
            val list = longs(1)
            list.block.close()
            shouldThrow<BlockClosedException> { list.reserve(1000) }
            shouldThrow<BlockClosedException> { list.close() }
            list.isClosed.shouldBeTrue()
            list.close()
            shouldThrow<BlockClosedException> {
                OffHeapList.open(ElementType.LONG, manager.allocate(64).also { it.close() })
            }
        }

        test("an iteration that meets an addition, an insertion, a removal or a growth fails before the next element") {
            val changes = listOf<(OffHeapList<Long>) -> Unit>(
                { it.add(9) },
                { it.insert(0, 9) },
                { it.removeAt(0) },
                { list -> list.remove(2L) },
                { it.clear() },
                { it.reserve(1000) },
                { it.shrink() },
                { list ->
                    list.add(1)
                    list.removeAt(0)
                },
            )
            for ((number, change) in changes.withIndex()) {
                withClue("change $number") {
                    longs(1, 2, 3, 4, 5).use { list ->
                        var seen = 0
                        refused<CollectionChangedException>(
                            "The list of long from manager 'misuse' was changed while it was being iterated: collect " +
                                "what is to change first, and change it afterwards",
                        ) {
                            list.forEach {
                                seen++
                                change(list)
                            }
                        }
                        seen shouldBe 1
                    }
                    longs(1, 2, 3, 4, 5).use { list ->
                        val values = list.iterator()
                        values.nextLong() shouldBe 1
                        change(list)
                        shouldThrow<CollectionChangedException> { values.nextLong() }
                    }
                }
            }
            longs(1, 2).use { list ->
                val values = list.iterator()
                list.close()
                shouldThrow<TypedMemoryClosedException> { values.nextLong() }
            }
            longs(1, 2).use { list ->
                val values = list.iterator()
                repeat(2) { values.nextLong() }
                values.hasNext() shouldBe false
                shouldThrow<NoSuchElementException> { values.nextLong() }
            }
            OffHeapQueue(ElementType.LONG, manager).use { queue ->
                repeat(5) { queue.add(it.toLong()) }
                shouldThrow<CollectionChangedException> {
                    queue.forEach {
                        queue.add(it)
                        queue.remove()
                    }
                }
            }
        }

        test("a view that is no element, and bytes that are no whole number of them, are refused") {
            OffHeapList(Dot, manager).use { list ->
                withMemory(64) { memory ->
                    val words = "8 bytes were given as an element of The list of Dot from manager 'misuse', whose " +
                        "elements have 16 bytes: give a view of exactly one"
                    val short = Part.of(memory.slice(0, 8))
                    refused<ElementLayoutException>(words) { list.add(short) }
                    refused<ElementLayoutException>(words) { list.insert(0, short) }
                    refused<ElementLayoutException>(words) { list.indexOf(short) }
                    refused<ElementLayoutException>(
                        "24 bytes are no whole number of elements of The list of Dot from manager 'misuse', which " +
                            "have 16 bytes each",
                    ) { list.addAll(memory.slice(0, 24)) }
                    list.addAll(memory.slice(0, 48))
                    list.size shouldBe 3
                    shouldThrow<SegmentBoundsException> { list.copyTo(memory, 17) }
                    list.copyTo(memory, 16)
                }
            }
            OffHeapDictionary(Dot, Dot, manager).use { dictionary ->
                withMemory(8) { memory ->
                    shouldThrow<ElementLayoutException> { dictionary.find(Part.of(memory)) }
                    shouldThrow<ElementLayoutException> { dictionary.getOrPut(Part.of(memory)) }
                    shouldThrow<ElementLayoutException> { dictionary.getOrPut(memory) }
                }
                dictionary.size shouldBe 0
            }
        }

        test("an element of a collection can be added to it, also where it grows or moves just then") {
            OffHeapList(Dot, manager).use { list ->
                HeapDot(1, 1f, true).writeTo(list.add())
                HeapDot(2, 2f, true).writeTo(list.add())
                repeat(40) { list.add(list[0]) }
                repeat(40) { list.insert(1, list[list.size - 1]) }
                repeat(40) { list.insert(0, list[0]) }
                list.addAll(list.asSegment())
                (0 until list.size).count { list[it][Dot.id] == 2L } shouldBe 2
                (0 until list.size).count { list[it][Dot.id] == 1L } shouldBe list.size.toInt() - 2
            }
            OffHeapStack(Dot, manager).use { stack ->
                HeapDot(1, 1f, true).writeTo(stack.push())
                repeat(40) { stack.push(stack.peek()) }
                stack.forEach { HeapDot.of(it) shouldBe HeapDot(1, 1f, true) }
            }
            OffHeapQueue(Dot, manager).use { queue ->
                HeapDot(0, 0f, true).writeTo(queue.add())
                repeat(100) {
                    queue.add(queue.peek())
                    HeapDot(it + 1L, 0f, true).writeTo(queue[0])
                    if (it % 3 == 0) queue.removeAt(0)
                }
                queue.forEach { it[Dot.x] shouldBe 0f }
            }
            OffHeapAppendList(Dot, manager).use { list ->
                HeapDot(1, 1f, true).writeTo(list.add())
                repeat(600) { list.add(list[0]) }
                list.forEach { HeapDot.of(it) shouldBe HeapDot(1, 1f, true) }
            }
        }

        test("a collection says what it is, how much it has, and how many bytes that takes") {
            longs(1, 2, 3).use { list ->
                list.toString() shouldBe "OffHeap list of long (3 elements in 128 bytes, manager 'misuse')"
                list.byteSize shouldBe 128
                list.capacity shouldBe 8
                list.manager shouldBe manager
                list.isEmpty shouldBe false
            }
            OffHeapDictionary(ElementType.INT, Dot, manager).use {
                it.toString() shouldBe
                    "OffHeap dictionary of int to Dot (0 elements in ${it.byteSize} bytes, manager " +
                    "'misuse')"
            }
        }
    }

    @Suppress("UNCHECKED_CAST")
    private fun uses(collection: OffHeapCollection): List<() -> Any?> {
        val common = listOf<() -> Any?>(
            { collection.size },
            { collection.isEmpty },
            { collection.capacity },
            { collection.byteSize },
            { collection.block },
            { collection.release() },
            { collection.reserve(10) },
            { collection.shrink() },
            { collection.clear() },
        )
        return common + when (collection) {
            is OffHeapList<*> -> (collection as OffHeapList<Long>).let { list ->
                listOf(
                    { list[0] },
                    { list.set(0, 1L) },
                    { list.add(1) },
                    { list.insert(0, 1) },
                    { list.removeAt(0) },
                    { list.indexOf(1) },
                    { 1L in list },
                    { list.forEach { } },
                    { list.iterator() },
                    { list.elements },
                    { list.addAll(list) },
                )
            }

            is OffHeapStack<*> -> (collection as OffHeapStack<Long>).let { stack ->
                listOf({ stack.push(1) }, { stack.pop() }, { stack.peek() }, { stack[0] }, { stack.drop() })
            }

            is OffHeapQueue<*> -> (collection as OffHeapQueue<Long>).let { queue ->
                listOf({ queue.add(1) }, { queue.remove() }, { queue.peek() }, { queue[0] }, { queue.drop() })
            }

            is OffHeapAppendList<*> -> (collection as OffHeapAppendList<Long>).let { list ->
                listOf({ list.add(1) }, { list[0] }, { list.set(0, 1L) }, { list.asMemorySegment(0) })
            }

            is OffHeapDictionary<*, *> -> (collection as OffHeapDictionary<Long, Long>).let { dictionary ->
                listOf(
                    { dictionary[1L] },
                    { dictionary.set(1L, 1L) },
                    { dictionary.set(0L, 1L) },
                    { dictionary.find(0L) },
                    { dictionary.getOrPut(5L) },
                    { dictionary.remove(1L) },
                    { dictionary.first() },
                    { dictionary.forEach { } },
                )
            }

            is StringTable -> listOf(
                { collection.intern("1") },
                { collection.idOf("1") },
                { collection[0] },
                { collection.iterator() },
                { collection.textSize },
            )

            else -> error("no uses of $collection")
        }
    }

    private object Part {
        fun of(memory: Segment) = StructView<Dot>(memory.asMemorySegment())
    }
}
