package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.OffHeapQueue
import dev.leasehold.memory.typed.add
import dev.leasehold.memory.typed.remove
import dev.leasehold.memory.typed.toLongArray
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlin.random.Random

/** Queues against their twin on the heap, step by step. */
class OffHeapQueueModelSpec : FunSpec() {
    init {
        for (kind in ElementKind.all) {
            test("a queue of $kind is at every step what an ArrayDeque is, round and round") {
                SystemMemoryManager("model").use { manager ->
                    queues(kind, manager, Effort.seed("a queue of $kind against its model"))
                    manager.stats().blocks shouldBe 0
                }
            }
        }

        test("a ring that has gone round keeps its order when it grows and shrinks, wherever its head is") {
            SystemMemoryManager("rings").use { manager ->
                for (head in 0 until 16) {
                    for (more in listOf(17L, 40L, 100L)) {
                        OffHeapQueue(ElementType.LONG, manager, 16).use { ring(it, head, more) }
                    }
                }
            }
        }

        test("elements are removed out of the midst of a ring, wherever its head is, from both sides") {
            SystemMemoryManager("rings").use { manager ->
                for (head in 0 until 16) {
                    for (from in 0 until 16) {
                        for (to in from..16) {
                            OffHeapQueue(ElementType.LONG, manager, 16).use { holes(it, head, from, to) }
                        }
                    }
                }
            }
        }
    }

    private fun ring(queue: OffHeapQueue<Long>, head: Int, more: Long) {
        turned(queue, head)
        repeat(16) { queue.add(it.toLong()) }
        queue.capacity shouldBe 16
        queue.reserve(more)
        queue.toLongArray().toList() shouldBe List(16) { it.toLong() }
        for (value in 16 until more) queue.add(value)
        queue.toLongArray().toList() shouldBe List(more.toInt()) { it.toLong() }
        while (queue.size > 5) queue.remove()
        queue.shrink()
        queue.capacity shouldBe 8
        queue.toLongArray().toList() shouldBe List(5) { more - 5 + it }
    }

    private fun holes(queue: OffHeapQueue<Long>, head: Int, from: Int, to: Int) {
        turned(queue, head)
        repeat(16) { queue.add(it.toLong()) }
        queue.removeRange(from.toLong(), to.toLong())
        queue.toLongArray().toList() shouldBe (0 until 16).filter { it !in from until to }.map { it.toLong() }
    }

    private fun turned(queue: OffHeapQueue<Long>, head: Int) {
        repeat(head) {
            queue.add(-1L)
            queue.remove()
        }
    }

    private fun <E, T : Any> queues(kind: ElementKind<E, T>, manager: MemoryManager, seed: Long) {
        val random = Random(seed)
        var queue = OffHeapQueue(kind.type, manager, random.nextLong(4))
        val model = ArrayDeque<T>()
        // Now more comes than goes, now less.
        var growing = true
        repeat(Effort.times(5_000)) {
            if (random.nextInt(100) == 0) growing = !growing
            val value = kind.value(random)
            when (random.nextInt(20)) {
                in 0..(if (growing) 8 else 4) -> {
                    kind.add(queue, value)
                    model.addLast(value)
                }

                in 0..11 -> if (model.isNotEmpty()) kind.remove(queue) shouldEqual model.removeFirst()

                12 -> if (model.isNotEmpty()) {
                    val index = random.nextInt(model.size)
                    kind.removeAt(queue, index.toLong()) shouldEqual model.removeAt(index)
                }

                13 -> kind.remove(queue, value) shouldEqual model.remove(value)

                14 -> if (model.isNotEmpty()) {
                    val index = random.nextInt(model.size)
                    kind.set(queue, index.toLong(), value)
                    model[index] = value
                }

                15 -> {
                    val from = random.nextInt(model.size + 1)
                    val to = random.nextInt(from, minOf(model.size, from + 9) + 1)
                    queue.removeRange(from.toLong(), to.toLong())
                    model.subList(from, to).clear()
                }

                16 -> when (random.nextInt(8)) {
                    0 -> {
                        queue.clear()
                        model.clear()
                    }

                    1 -> queue.shrink()

                    2 -> queue.reserve(random.nextLong(100))

                    3 -> {
                        val count = random.nextInt(model.size + 1)
                        queue.drop(count.toLong())
                        model.subList(0, count).clear()
                    }
                }

                17 -> queue = OffHeapQueue.open(kind.type, queue.release())

                else -> {
                    kind.indexOf(queue, value) shouldBe model.indexOf(value)
                    kind.lastIndexOf(queue, value) shouldBe model.lastIndexOf(value)
                    kind.contains(queue, value) shouldBe (value in model)
                    kind.iterated(queue) shouldEqual model
                    kind.visited(queue) shouldEqual model
                }
            }
            queue.size shouldBe model.size
            if (model.isNotEmpty()) {
                kind.peek(queue) shouldEqual model.first()
                val index = random.nextInt(model.size)
                kind.get(queue, index.toLong()) shouldEqual model[index]
            }
        }
        kind.array(queue) shouldEqual model
        queue.close()
    }
}
