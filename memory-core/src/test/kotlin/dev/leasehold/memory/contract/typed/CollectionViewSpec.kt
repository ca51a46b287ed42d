package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.OffHeapAppendList
import dev.leasehold.memory.typed.OffHeapDictionary
import dev.leasehold.memory.typed.OffHeapList
import dev.leasehold.memory.typed.OffHeapQueue
import dev.leasehold.memory.typed.OffHeapStack
import dev.leasehold.memory.typed.StringTable
import dev.leasehold.memory.typed.add
import dev.leasehold.memory.typed.asMemorySegment
import dev.leasehold.memory.typed.elements
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.getOrPut
import dev.leasehold.memory.typed.push
import dev.leasehold.memory.typed.set
import dev.leasehold.testing.Effort
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE

/** A view or a span that is kept past a growth, a shrink or a close never reaches another's bytes. */
class CollectionViewSpec : FunSpec() {
    /** A collection, what makes it larger, what makes it smaller again, and views of its elements. */
    private class Viewed(
        val name: String,
        val make: (MemoryManager) -> AutoCloseable,
        val grow: (AutoCloseable, Long) -> Unit,
        val shrink: (AutoCloseable) -> Unit,
        val views: (AutoCloseable) -> List<MemorySegment>,
    )

    @Suppress("UNCHECKED_CAST")
    private val kinds = listOf(
        Viewed(
            "a list",
            { OffHeapList(ElementType.LONG, it) },
            { all, value -> (all as OffHeapList<Long>).add(value) },
            { all -> (all as OffHeapList<Long>).run { removeRange(size / 2, size).also { shrink() } } },
            { all ->
                val list = all as OffHeapList<Long>
                listOf(list.asMemorySegment(), list.asMemorySegment(0), list.elements.asSegment().asMemorySegment())
            },
        ),
        Viewed(
            "a stack",
            { OffHeapStack(ElementType.LONG, it) },
            { all, value -> (all as OffHeapStack<Long>).push(value) },
            { all -> (all as OffHeapStack<Long>).run { drop(size / 2).also { shrink() } } },
            { all -> (all as OffHeapStack<Long>).run { listOf(asMemorySegment(), asMemorySegment(size - 1)) } },
        ),
        Viewed(
            "a queue",
            { OffHeapQueue(ElementType.LONG, it) },
            { all, value -> (all as OffHeapQueue<Long>).add(value) },
            { all -> (all as OffHeapQueue<Long>).run { drop(size / 2).also { shrink() } } },
            { all -> (all as OffHeapQueue<Long>).run { listOf(asMemorySegment(0), asMemorySegment(size - 1)) } },
        ),
        Viewed(
            "an append-only list",
            { OffHeapAppendList(ElementType.LONG, it) },
            { all, value -> (all as OffHeapAppendList<Long>).add(value) },
            { all -> (all as OffHeapAppendList<Long>).run { clear().also { shrink() } } },
            { all -> (all as OffHeapAppendList<Long>).run { listOf(asMemorySegment(0), asMemorySegment(size - 1)) } },
        ),
        Viewed(
            "a dictionary",
            { OffHeapDictionary(ElementType.LONG, ElementType.LONG, it) },
            { all, value -> (all as OffHeapDictionary<Long, Long>)[value] = value },
            { all -> (all as OffHeapDictionary<Long, Long>).run { clear().also { shrink() } } },
            { all -> (all as OffHeapDictionary<Long, Long>).run { listOf(asMemorySegment(getOrPut(7L))) } },
        ),
        Viewed(
            "a string table",
            { StringTable(it) },
            { all, value -> (all as StringTable).intern("text $value") },
            { all -> (all as StringTable).run { clear().also { shrink() } } },
            { all -> (all as StringTable).run { listOf(asMemorySegment(0), asMemorySegment(size.toInt() - 1)) } },
        ),
    )

    init {
        for (kind in kinds) {
            for ((elements, rounds) in listOf(100L to 60, 2_000L to 20, 300_000L to 2)) {
                test("views of ${kind.name} kept past growth, shrink and close see no bytes of others, at $elements") {
                    SystemMemoryManager("late").use { manager ->
                        repeat(Effort.times(rounds)) { isolated(kind, manager, elements) }
                        manager.stats().blocks shouldBe 0
                    }
                }
            }
        }

        test("a collection whose manager took all blocks back says that its view has ended") {
            SystemMemoryManager("cleared").use { manager ->
                val list = OffHeapList(ElementType.LONG, manager)
                list.add(1L)
                manager.clear()
                shouldThrow<ViewClosedException> { list.add(2L) }
                shouldThrow<ViewClosedException> { list[0] }.ownerName shouldBe "cleared"
                list.close()
            }
        }
    }

    private fun isolated(kind: Viewed, manager: MemoryManager, elements: Long) {
        val collection = kind.make(manager)
        val views = ArrayList<MemorySegment>()
        var value = 0L
        var next = 8L
        while (value < elements) {
            kind.grow(collection, value++)
            if (value == next || value == elements) {
                views += kind.views(collection)
                next = next * 3 / 2
            }
        }
        views += kind.views(collection)
        kind.shrink(collection)
        kind.grow(collection, 1)
        views += kind.views(collection)
        collection.close()
        // Whatever size was given back, something else gets it.
        val others = ArrayList<Block>()
        for (size in listOf(64L, 128, 192, 256, 512, 1024, 2048, 4096, 16_384, 65_536, 262_144, 1L shl 20, 3L shl 20)) {
            repeat(if (size < 5_000) 8 else 2) {
                others += manager.allocate(size).also { block ->
                    block.withSegment { it.fill(PATTERN) }
                }
            }
        }
        views.forEach(::mustNotReach)
        for (block in others) {
            block.withSegment { bytes ->
                val raw = bytes.asMemorySegment()
                check(
                    raw.get(JAVA_BYTE, 0) == PATTERN &&
                        raw.asSlice(1).mismatch(raw.asSlice(0, raw.byteSize() - 1)) == -1L,
                ) {
                    "${kind.name}: a late view wrote into a block of ${bytes.size} bytes"
                }
            }
            block.close()
        }
    }

    private fun mustNotReach(view: MemorySegment) {
        val word = minOf(8, view.byteSize())
        for (at in longArrayOf(0, (view.byteSize() - word) / 2, view.byteSize() - word)) {
            try {
                if ((0 until word).all { view.get(JAVA_BYTE, at + it) == PATTERN }) {
                    throw AssertionError("a late view of ${view.byteSize()} bytes reads another's bytes at $at")
                }
                for (byte in 0 until word) view.set(JAVA_BYTE, at + byte, SCRIBBLE)
            } catch (_: IllegalStateException) {
                // Cut off: as good.
            }
        }
    }

    private companion object {
        const val PATTERN: Byte = 0x5A
        const val SCRIBBLE: Byte = 0x33
    }
}
