package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.Segment
import dev.leasehold.memory.internal.typed.CacheLine
import dev.leasehold.memory.internal.typed.FREE
import dev.leasehold.memory.internal.typed.HeldSlots
import dev.leasehold.memory.internal.typed.OwnedSlots
import dev.leasehold.memory.internal.typed.SlotShape
import dev.leasehold.memory.internal.typed.Slots
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.typed.ElementBoundsException
import dev.leasehold.memory.typed.Handle
import dev.leasehold.memory.typed.ObjectPool
import dev.leasehold.memory.typed.Struct
import dev.leasehold.memory.typed.asColumns
import dev.leasehold.memory.typed.asStruct
import dev.leasehold.memory.typed.asStructs
import dev.leasehold.memory.typed.find
import dev.leasehold.memory.typed.get
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import java.lang.foreign.Arena

private val SHAPE = SlotShape(64, 64, 64, 4, 4)

// The last object but two of a slot.
private const val LAST_BUT_TWO = 0xFFFF_FFFDL shl 32

/** Slots whose generations run out soon. */
private class AgedOwnedSlots : OwnedSlots(SHAPE, MemoryManager.system(), "aged") {
    override fun firstWord(index: Int): Long = LAST_BUT_TWO or index.toLong() or FREE
}

private class AgedHeldSlots : HeldSlots(SHAPE, MemoryManager.system(), "aged") {
    override fun firstWord(index: Int): Long = LAST_BUT_TWO or FREE
}

private object Node : Struct<Node>() {
    val weight = int()
    val next = handle()
}

private object Pair : Struct<Pair>() {
    val left = struct(Node)
    val right = struct(Node)
}

class HandleSpec : FunSpec() {
    init {
        test("a struct stores handles, one by one, in arrays and columns, and in structs within it") {
            Node.byteSize shouldBe 16
            Node.next.offset shouldBe 8
            ObjectPool("nodes", Node).use { pool ->
                val first = pool.allocateHandle()
                val second = pool.allocateHandle()
                pool[first][Node.next] = second
                pool[second][Node.next] = Handle.NONE
                pool[first][Node.next] shouldBe second
                pool.free(second)
                pool.find(pool[first][Node.next]).shouldBeNull()
                pool.free(first)
                Arena.ofConfined().use { arena ->
                    val array = Segment.of(arena.allocate(4 * Node.byteSize)).asStructs(Node)
                    array[2, Node.next] = first
                    array[2, Node.next] shouldBe first
                    array[1, Node.next] shouldBe Handle.NONE
                    shouldThrow<ElementBoundsException> { array[4, Node.next] }
                    val columns = Segment.of(arena.allocate(4 * Node.byteSize)).asColumns(Node)
                    columns[3, Node.next] = second
                    columns[3, Node.next] shouldBe second
                    columns[2, Node.next] shouldBe Handle.NONE
                    val pair = Segment.of(arena.allocate(Pair.byteSize)).asStruct(Pair)
                    pair[Pair.right / Node.next] = first
                    pair[Pair.right][Node.next] shouldBe first
                    pair[Pair.left / Node.next] shouldBe Handle.NONE
                }
            }
        }

        test("a handle is its bits, its index and its generation") {
            val handle = Handle((7L shl 32) or 19)
            handle.index shouldBe 19
            handle.generation shouldBe 7
            handle.toString() shouldBe "Handle(19, generation 7)"
            Handle.NONE.toString() shouldBe "Handle(none)"
            Handle.NONE.isNone shouldBe true
            Handle(handle.bits) shouldBe handle
        }

        test("handles sort by slot, and in a slot by age") {
            fun handle(index: Int, generation: Long) = Handle((generation shl 32) or index.toLong())
            val sorted = listOf(handle(0, 9), handle(1, 1), handle(1, 2), handle(1, 0xFFFF_FFFF), handle(2, 1))
            sorted.shuffled().sorted() shouldBe sorted
        }

        val aged = mapOf<String, () -> Slots>("owned" to { AgedOwnedSlots() }, "held" to { AgedHeldSlots() })
        for ((kind, make) in aged) {
            test("slots that are $kind retire when their generations have run out, and no handle comes twice") {
                val slots = make()
                val seen = HashSet<Long>()
                while (true) {
                    val handle = slots.take()
                    if (handle == 0L) break
                    seen.add(handle) shouldBe true
                    if (seen.size % 2 ==
                        0
                    ) {
                        onThread { slots.free(handle) shouldBe true }
                    } else {
                        slots.free(handle) shouldBe true
                    }
                    slots.lives(handle) shouldBe false
                }
                seen.size shouldBe 12
                slots.tally().run { listOf(slots.toString().isEmpty(), live, free, retired) } shouldBe
                    listOf(false, 0L, 0L, 4L)
                seen.forEach { slots.find(it).shouldBeNull() }
                slots.trim() shouldBe 4 * 64
                slots.close()
            }
        }

        test("the size of a cache line is read from what Linux says, if it can be one") {
            CacheLine.parse("64\n") shouldBe 64
            CacheLine.parse("128") shouldBe 128
            CacheLine.parse("0").shouldBeNull()
            CacheLine.parse("65").shouldBeNull()
            CacheLine.parse("65536").shouldBeNull()
            CacheLine.parse("").shouldBeNull()
            (CacheLine.bytes in 16..4.KiB) shouldBe true
        }
    }
}
