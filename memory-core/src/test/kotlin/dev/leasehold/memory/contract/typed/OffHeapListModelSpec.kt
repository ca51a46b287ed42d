package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.typed.OffHeapList
import dev.leasehold.memory.typed.OffHeapStack
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.shouldBe
import kotlin.random.Random

/** Lists and stacks against their twins on the heap, step by step. */
class OffHeapListModelSpec : FunSpec() {
    init {
        for (kind in ElementKind.all) {
            test("a list of $kind is at every step what an ArrayList is") {
                SystemMemoryManager("model").use { manager ->
                    lists(kind, manager, Effort.seed("a list of $kind against its model"))
                    manager.stats().blocks shouldBe 0
                }
            }

            test("a stack of $kind is at every step what a stack on the heap is") {
                SystemMemoryManager("model").use { manager ->
                    stacks(kind, manager, Effort.seed("a stack of $kind against its model"))
                    manager.stats().blocks shouldBe 0
                }
            }
        }
    }

    private fun <E, T : Any> lists(kind: ElementKind<E, T>, manager: MemoryManager, seed: Long) {
        val random = Random(seed)
        var list = OffHeapList(kind.type, manager, random.nextLong(4))
        val model = ArrayList<T>()
        repeat(Effort.times(4_000)) {
            val value = kind.value(random)
            when (random.nextInt(24)) {
                in 0..6 -> {
                    kind.add(list, value)
                    model.add(value)
                }

                in 7..9 -> {
                    val index = random.nextInt(model.size + 1)
                    kind.insert(list, index.toLong(), value)
                    model.add(index, value)
                }

                in 10..11 -> if (model.isNotEmpty()) {
                    val index = random.nextInt(model.size)
                    kind.set(list, index.toLong(), value)
                    model[index] = value
                }

                in 12..13 -> if (model.isNotEmpty()) {
                    val index = random.nextInt(model.size)
                    kind.removeAt(list, index.toLong()) shouldEqual model.removeAt(index)
                }

                in 14..15 -> kind.remove(list, value) shouldEqual model.remove(value)

                16 -> {
                    val from = random.nextInt(model.size + 1)
                    val to = random.nextInt(from, minOf(model.size, from + 20) + 1)
                    list.removeRange(from.toLong(), to.toLong())
                    model.subList(from, to).clear()
                }

                17 -> {
                    val values = List(random.nextInt(30)) { kind.value(random) }
                    kind.addAll(list, values)
                    model.addAll(values)
                }

                18 -> if (model.size < 200) {
                    list.addAll(list)
                    model.addAll(model.toList())
                }

                19 -> list.shrink().also { list.capacity shouldBe model.size }

                20 -> {
                    val capacity = random.nextLong(300)
                    list.reserve(capacity)
                    list.capacity shouldBeGreaterThanOrEqualTo capacity
                }

                21 -> if (random.nextInt(20) == 0) {
                    list.clear()
                    model.clear()
                }

                22 -> list = OffHeapList.open(kind.type, list.release())

                else -> {
                    kind.indexOf(list, value) shouldBe model.indexOf(value)
                    kind.lastIndexOf(list, value) shouldBe model.lastIndexOf(value)
                    kind.contains(list, value) shouldBe (value in model)
                    kind.iterated(list) shouldEqual model
                    kind.visited(list) shouldEqual model
                }
            }
            list.size shouldBe model.size
            if (model.isNotEmpty()) {
                val index = random.nextInt(model.size)
                kind.get(list, index.toLong()) shouldEqual model[index]
            }
        }
        kind.array(list) shouldEqual model
        list.close()
    }

    private fun <E, T : Any> stacks(kind: ElementKind<E, T>, manager: MemoryManager, seed: Long) {
        val random = Random(seed)
        var stack = OffHeapStack(kind.type, manager)
        val model = ArrayList<T>()
        repeat(Effort.times(3_000)) {
            val value = kind.value(random)
            when (random.nextInt(16)) {
                in 0..6 -> {
                    kind.push(stack, value)
                    model.add(value)
                }

                in 7..10 -> if (model.isNotEmpty()) kind.pop(stack) shouldEqual model.removeLast()

                11 -> {
                    val count = random.nextInt(model.size + 1) / 4
                    stack.drop(count.toLong())
                    model.subList(model.size - count, model.size).clear()
                }

                12 -> if (random.nextInt(20) == 0) {
                    stack.clear()
                    model.clear()
                }

                13 -> if (random.nextBoolean()) stack.shrink() else stack.reserve(random.nextLong(100))

                14 -> stack = OffHeapStack.open(kind.type, stack.release())

                else -> {
                    kind.indexOf(stack, value) shouldBe model.indexOf(value)
                    kind.visited(stack) shouldEqual model
                }
            }
            stack.size shouldBe model.size
            if (model.isNotEmpty()) kind.peek(stack) shouldEqual model.last()
        }
        kind.array(stack) shouldEqual model
        stack.close()
    }
}
