package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.copyTo
import dev.leasehold.memory.typed.ElementLayoutException
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.OffHeapAppendList
import dev.leasehold.memory.typed.add
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.set
import dev.leasehold.memory.typed.toLongArray
import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.shouldBe
import kotlin.random.Random

class OffHeapAppendListSpec : FunSpec() {
    init {
        for (kind in ElementKind.all) {
            test("an append-only list of $kind is at every step what a list is to which is only added") {
                SystemMemoryManager("model").use { manager ->
                    lists(kind, manager, Effort.seed("an append-only list of $kind against its model"))
                    manager.stats().blocks shouldBe 0
                }
            }
        }

        test("nothing moves: each element keeps its address, and a view of it stays good, through all growth") {
            SystemMemoryManager("still").use { manager ->
                OffHeapAppendList(ElementType.LONG, manager).use { list ->
                    val views = List(5_000) { list.asMemorySegment(list.add(it.toLong())) }
                    val block = list.block
                    repeat(100_000) { list.add(-1L) }
                    check(list.block === block)
                    views.forEachIndexed { index, view ->
                        view.get(java.lang.foreign.ValueLayout.JAVA_LONG, 0) shouldBe index
                        view.address() shouldBe list.asMemorySegment(index.toLong()).address()
                        view.set(java.lang.foreign.ValueLayout.JAVA_LONG, 0, -index.toLong())
                    }
                    repeat(5_000) { list[it.toLong()] shouldBe -it }
                }
            }
        }

        test(
            "a copy of the header in another block finds the pages by their ids, once the first list has given them up",
        ) {
            SystemMemoryManager("moved").use { manager ->
                val list = OffHeapAppendList(ElementType.LONG, manager)
                repeat(20_000) { list.add(it * 3L) }
                val held = list.byteSize
                val old = list.release()
                val copy = manager.allocate(old.size)
                copy.withSegment { target -> old.withSegment { it.copyTo(target) } }
                old.close()
                val again = OffHeapAppendList.open(ElementType.LONG, copy)
                again.byteSize shouldBe held
                again.toLongArray().toList() shouldBe List(20_000) { it * 3L }
                again.add(7L) shouldBe 20_000
                again.close()
                manager.stats().blocks shouldBe 0
            }
        }

        test("pages that are gone, or another manager's, are refused, and nothing is held afterwards") {
            SystemMemoryManager("gone").use { manager ->
                val list = OffHeapAppendList(ElementType.LONG, manager)
                repeat(5_000) { list.add(1L) }
                val copy = manager.allocate(list.block.size)
                copy.withSegment { target -> list.block.withSegment { it.copyTo(target) } }
                list.close()
                val failure = shouldThrow<ElementLayoutException> { OffHeapAppendList.open(ElementType.LONG, copy) }
                failure.message!!.replace(Regex("pages \\d+"), "pages 5") shouldBe
                    "The block of ${copy.size} bytes from manager 'gone' names the run of pages 5 as part of a list, " +
                    "which the manager does not have in the size that is needed: the list was closed, or is another " +
                    "manager's"
                manager.stats().blocks shouldBe 1
                copy.close()
            }
        }

        test("room is made for as many as are asked, and given back page by page, as far as nothing is there") {
            SystemMemoryManager("room").use { manager ->
                OffHeapAppendList(ElementType.LONG, manager, 1000).use { list ->
                    list.capacity shouldBeGreaterThanOrEqualTo 1000
                    list.reserve(100_000)
                    list.capacity shouldBeGreaterThanOrEqualTo 100_000
                    val whole = list.byteSize
                    repeat(600) { list.add(1L) }
                    list.shrink()
                    list.capacity shouldBe 512 + 1024
                    whole shouldBeGreaterThan list.byteSize
                    list.clear()
                    list.shrink()
                    list.capacity shouldBe 0
                    list.add(5L) shouldBe 0
                }
            }
        }

        test("room that is not all granted is not granted in part") {
            SystemMemoryManager("small") { limit = 3.MiB }.use { manager ->
                OffHeapAppendList(ElementType.LONG, manager).use { list ->
                    repeat(600) { list.add(it.toLong()) }
                    val capacity = list.capacity
                    val bytes = list.byteSize
                    shouldThrow<MemoryExhaustedException> { list.reserve(400_000) }
                    list.capacity shouldBe capacity
                    list.byteSize shouldBe bytes
                    list.toLongArray().toList() shouldBe List(600) { it.toLong() }
                }
            }
        }
    }

    private fun <E, T : Any> lists(kind: ElementKind<E, T>, manager: MemoryManager, seed: Long) {
        val random = Random(seed)
        var list = OffHeapAppendList(kind.type, manager, random.nextLong(2000))
        val model = ArrayList<T>()
        repeat(Effort.times(8_000)) {
            val value = kind.value(random)
            when (random.nextInt(400)) {
                in 0..300 -> {
                    kind.add(list, value) shouldBe model.size
                    model.add(value)
                }

                in 301..380 -> if (model.isNotEmpty()) {
                    val index = random.nextInt(model.size)
                    kind.set(list, index.toLong(), value)
                    model[index] = value
                }

                in 381..384 -> if (random.nextBoolean()) list.shrink() else list.reserve(random.nextLong(8000))

                in 385..388 -> list = OffHeapAppendList.open(kind.type, list.release())

                389 -> if (random.nextInt(4) == 0) {
                    list.clear()
                    model.clear()
                }

                in 390..391 -> {
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
}
