package dev.leasehold.memory.contract.mapped

import dev.leasehold.memory.Block
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.memory.typed.ChunkRing
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.OffHeapCollection
import dev.leasehold.memory.typed.OffHeapDictionary
import dev.leasehold.memory.typed.OffHeapList
import dev.leasehold.memory.typed.OffHeapQueue
import dev.leasehold.memory.typed.OffHeapStack
import dev.leasehold.memory.typed.StringTable
import dev.leasehold.memory.typed.Struct
import dev.leasehold.memory.typed.add
import dev.leasehold.memory.typed.asStructs
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.push
import dev.leasehold.memory.typed.set
import dev.leasehold.memory.typed.toIntArray
import dev.leasehold.memory.typed.toLongArray
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe

private object Point : Struct<Point>() {
    val x = double()
    val y = double()
    val name = int()
}

/** What the typed package keeps in a block is there when the file is opened again, at another address. */
class TypedInFileSpec : FunSpec() {
    private class Kind(
        val name: String,
        val make: (MemoryManager) -> OffHeapCollection,
        val open: (Block) -> OffHeapCollection,
        val content: (OffHeapCollection) -> Any,
    )

    @Suppress("UNCHECKED_CAST")
    private val kinds = listOf(
        Kind(
            "list",
            { OffHeapList(ElementType.LONG, it).apply { for (value in 1L..100L) add(value) } },
            { OffHeapList.open(ElementType.LONG, it) },
            { (it as OffHeapList<Long>).toLongArray().toList() },
        ),
        Kind(
            "stack",
            { OffHeapStack(ElementType.INT, it).apply { for (value in 1..100) push(value) } },
            { OffHeapStack.open(ElementType.INT, it) },
            { (it as OffHeapStack<Int>).toIntArray().toList() },
        ),
        Kind(
            "queue",
            { OffHeapQueue(ElementType.LONG, it, 64).apply { for (value in 1L..60L) add(value) } },
            { OffHeapQueue.open(ElementType.LONG, it) },
            { (it as OffHeapQueue<Long>).toLongArray().toList() },
        ),
        Kind(
            "dictionary",
            { manager ->
                OffHeapDictionary(ElementType.LONG, ElementType.INT, manager).apply {
                    for (key in 0 until 100) this[key * 7L] = key
                }
            },
            { OffHeapDictionary.open(ElementType.LONG, ElementType.INT, it) },
            { all ->
                val dictionary = all as OffHeapDictionary<Long, Int>
                List(100) { dictionary[it * 7L] }
            },
        ),
        Kind(
            "string table",
            { StringTable(it).apply { for (value in 0 until 100) intern("text $value") } },
            StringTable::open,
            { (it as StringTable).toList() },
        ),
    )

    init {
        test("collections in a file are there at another address, in every session") {
            MappedFiles.withPath { path ->
                val contents = HashMap<String, Any>()
                var first = 0L
                MappedFiles.open(path).use { manager ->
                    first = manager.session.base
                    for (kind in kinds) {
                        val made = kind.make(manager)
                        contents[kind.name] = kind.content(made)
                        made.release().use { manager.roots[kind.name] = it }
                    }
                }
                // Two at once have it at two addresses, of which one at least is another than before.
                MappedFiles.open(path).use { here ->
                    MappedFiles.open(path).use { there ->
                        here.session.base shouldNotBe there.session.base
                        (here.session.base != first || there.session.base != first) shouldBe true
                        for (manager in listOf(here, there)) {
                            for (kind in kinds) {
                                withClue(kind.name) {
                                    val opened = kind.open(checkNotNull(manager.roots.open(kind.name)))
                                    kind.content(opened) shouldBe contents[kind.name]
                                    opened.close()
                                }
                            }
                        }
                    }
                }
                val report = MappedMemory.verify(path)
                report.faults.shouldBeEmpty()
                report.blocks shouldBe kinds.size
            }
        }

        test("structs in a file are there at another address") {
            MappedFiles.withPath { path ->
                MappedFiles.open(path).use { manager ->
                    manager.allocate(Point.byteSize * 10).use { block ->
                        block.withSegment { segment ->
                            val points = segment.asStructs(Point)
                            for (index in 0L until 10) {
                                points[index, Point.x] = index * 1.5
                                points[index, Point.name] = index.toInt()
                            }
                        }
                        manager.roots["points"] = block
                    }
                }
                MappedFiles.open(path).use { here ->
                    MappedFiles.open(path).use { there ->
                        here.session.base shouldNotBe there.session.base
                        checkNotNull(there.roots.open("points")).use { block ->
                            block.withSegment { it.asStructs(Point)[3, Point.x] = 100.0 }
                        }
                        val found = checkNotNull(here.roots.open("points")).use { block ->
                            block.withSegment { segment ->
                                val points = segment.asStructs(Point)
                                List(10) { points[it.toLong(), Point.x] to points[it.toLong(), Point.name] }
                            }
                        }
                        found shouldContainExactly List(10) { (if (it == 3) 100.0 else it * 1.5) to it }
                    }
                }
            }
        }

        test("the chunks of a ring of one process are there when the file is opened again") {
            MappedFiles.withPath { path ->
                MappedFiles.open(path).use { manager ->
                    val ring = ChunkRing(manager, 1024)
                    for (value in 1L..5L) ring.write(8) { it.setLong(0, value) }
                    ring.read {}
                    ring.release().use { manager.roots["ring"] = it }
                }
                MappedFiles.open(path).use { manager: MappedMemoryManager ->
                    val ring = ChunkRing.open(checkNotNull(manager.roots.open("ring")))
                    buildList { ring.drain { add(it.getLong(0)) } } shouldContainExactly listOf(2, 3, 4, 5)
                    ring.close()
                }
            }
        }
    }
}
