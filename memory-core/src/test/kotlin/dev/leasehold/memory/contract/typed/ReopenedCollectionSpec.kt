package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.Block
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.copyTo
import dev.leasehold.memory.typed.ElementLayoutException
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.KeyHash
import dev.leasehold.memory.typed.OffHeapAppendList
import dev.leasehold.memory.typed.OffHeapCollection
import dev.leasehold.memory.typed.OffHeapDictionary
import dev.leasehold.memory.typed.OffHeapList
import dev.leasehold.memory.typed.OffHeapQueue
import dev.leasehold.memory.typed.OffHeapStack
import dev.leasehold.memory.typed.StringTable
import dev.leasehold.memory.typed.add
import dev.leasehold.memory.typed.find
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.getOrPut
import dev.leasehold.memory.typed.push
import dev.leasehold.memory.typed.remove
import dev.leasehold.memory.typed.set
import dev.leasehold.memory.typed.toIntArray
import dev.leasehold.memory.typed.toLongArray
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldStartWith

/** A collection is its bytes: copied to another address they are the same collection, and opened as such only. */
class ReopenedCollectionSpec : FunSpec() {
    private val manager = SystemMemoryManager("reopened")

    private class Kind(
        val name: String,
        val make: () -> OffHeapCollection,
        val open: (Block) -> OffHeapCollection,
        val content: (OffHeapCollection) -> Any,
    )

    @Suppress("UNCHECKED_CAST")
    private val kinds = listOf(
        Kind(
            "list",
            { OffHeapList(ElementType.LONG, manager).also { for (value in 1L..100L) it.add(value) } },
            { OffHeapList.open(ElementType.LONG, it) },
            { (it as OffHeapList<Long>).toLongArray().toList() },
        ),
        Kind(
            "stack",
            { OffHeapStack(ElementType.INT, manager).also { for (value in 1..100) it.push(value) } },
            { OffHeapStack.open(ElementType.INT, it) },
            { (it as OffHeapStack<Int>).toIntArray().toList() },
        ),
        Kind(
            "queue",
            {
                OffHeapQueue(ElementType.LONG, manager, 64).also { queue ->
                    for (value in 1L..60L) queue.add(value)
                    repeat(50) { queue.remove() }
                    for (value in 1L..50L) queue.add(value)
                }
            },
            { OffHeapQueue.open(ElementType.LONG, it) },
            { (it as OffHeapQueue<Long>).toLongArray().toList() },
        ),
        Kind(
            "dictionary",
            {
                OffHeapDictionary(Dot, ElementType.INT, manager).also {
                    for (key in 0 until 100) it[it.getOrPut(StructKeys.of(key).view())] = key
                }
            },
            { OffHeapDictionary.open(Dot, ElementType.INT, it) },
            { all ->
                val dictionary = all as OffHeapDictionary<Dot, Int>
                List(100) { dictionary[dictionary.find(StructKeys.of(it).view())] }
            },
        ),
        Kind(
            "string table",
            { StringTable(manager).also { for (value in 0 until 100) it.intern("text $value") } },
            StringTable::open,
            { (it as StringTable).toList() },
        ),
    )

    private fun copyOf(block: Block): Block {
        // Another size and another address.
        val copy = manager.allocate(block.size + 128, 64)
        copy.withSegment { target -> block.withSegment { it.copyTo(target) } }
        copy.address shouldNotBe block.address
        return copy
    }

    private fun refused(open: () -> OffHeapCollection): String =
        shouldThrow<ElementLayoutException> { open().close() }.message!!

    init {
        afterSpec {
            manager.stats().blocks shouldBe 0
            manager.close()
        }

        for (kind in kinds) {
            test("the bytes of a ${kind.name} in another block at another address are the same ${kind.name}") {
                kind.make().use { made ->
                    kind.open(copyOf(made.block)).use { again ->
                        kind.content(again) shouldBe kind.content(made)
                        again.size shouldBe made.size
                        again.capacity shouldBe made.capacity
                        // And it lives on by itself.
                        again.reserve(1000)
                        kind.content(again) shouldBe kind.content(made)
                        again.clear()
                        kind.content(made) shouldNotBe emptyList<Any>()
                    }
                }
            }

            test("a ${kind.name} is opened as nothing else") {
                kind.make().use { made ->
                    for (other in kinds + appendLists()) {
                        if (other.name == kind.name) continue
                        val copy = copyOf(made.block)
                        withClue(other.name) {
                            refused { other.open(copy) } shouldBe "The block of ${grouped(copy.size)} bytes from " +
                                "manager 'reopened' holds a ${kind.name}, and was to be opened as a ${other.name}: " +
                                "open it as what it is"
                        }
                        // It is the caller's still.
                        copy.close()
                    }
                }
            }

            test("a ${kind.name} of another version, a block of anything else and one cut short are refused") {
                kind.make().use { made ->
                    val copy = copyOf(made.block)
                    val size = grouped(copy.size)
                    copy.withSegment { it.setInt(12, 2) }
                    refused { kind.open(copy) } shouldBe "The block of $size bytes from manager 'reopened' holds a " +
                        "${kind.name} of version 2, and this library reads version 1: open it with a library that " +
                        "reads 2"
                    copy.withSegment { it.setLong(0, java.lang.Long.reverseBytes(it.getLong(0))) }
                    refused { kind.open(copy) } shouldBe "The block of $size bytes from manager 'reopened' holds no " +
                        "off-heap collection of a machine of this byte order: open the block that a ${kind.name} gave"
                    copy.close()

                    val short = copyOf(made.block).resize(made.block.size / 2)
                    refused { kind.open(short) } shouldStartWith
                        "The block of ${grouped(short.size)} bytes from manager 'reopened' begins as a ${kind.name} " +
                        "does, but its figures contradict each other or the block's size: it was overwritten, or " +
                        "copied in part"
                    short.close()
                    val tiny = copyOf(made.block).resize(16)
                    refused { kind.open(tiny) }
                    tiny.close()
                }
            }

            test("figures of a ${kind.name} that cannot be are refused") {
                kind.make().use { made ->
                    for (at in listOf(32L, 40L)) {
                        for (value in listOf(-1L, Long.MIN_VALUE, Long.MAX_VALUE, 1L shl 40)) {
                            val copy = copyOf(made.block)
                            copy.withSegment { it.setLong(at, value) }
                            withClue("$value at $at") { refused { kind.open(copy) } }
                            copy.close()
                        }
                    }
                }
            }
        }

        test("a list is opened with the type of its elements only") {
            OffHeapList(ElementType.LONG, manager).use { list ->
                val copy = copyOf(list.block)
                refused { OffHeapList.open(ElementType.DOUBLE, copy) } shouldBe
                    "The block of 192 bytes from manager 'reopened' holds a list whose elements have 8 bytes and the " +
                    "layout ${hashOf("long")}, and was to be opened with elements of 8 bytes and the layout " +
                    "${hashOf("double")} (double): give the type that it was made with"
                refused { OffHeapList.open(Dot, copy) }
                copy.close()
            }
        }

        test("a dictionary is opened with the types of its keys and values and with its hash only") {
            val hash = KeyHash.ofBits<Int>("mine") { it * 31 }
            OffHeapDictionary(ElementType.INT, Dot, manager, hash = hash).use { dictionary ->
                dictionary.getOrPut(7).isNew shouldBe true
                val copy = copyOf(dictionary.block)
                refused { OffHeapDictionary.open(ElementType.FLOAT, Dot, copy, KeyHash.ofBits("mine") { it }) }
                refused { OffHeapDictionary.open(ElementType.INT, ElementType.LONG, copy, hash) }
                refused { OffHeapDictionary.open(ElementType.INT, Dot, copy) } shouldBe
                    "The block of ${grouped(copy.size)} bytes from manager 'reopened' holds a dictionary whose " +
                    "entries lie by another hash than KeyHash 'bits': give the one that it was made with"
                OffHeapDictionary.open(ElementType.INT, Dot, copy, hash).use { it.find(7).isPresent shouldBe true }
            }
        }

        test("a block whose address does not suit the elements is refused") {
            val wide = object : ElementType<Any> {
                override val byteSize = 128L
                override val alignment = 128L
                override val layout = "wide"
            }
            OffHeapList(wide, manager).use { list ->
                list.block.address % 128 shouldBe 0
                // The second of blocks of 192 bytes begins at an odd multiple of 64.
                val blocks = List(4) { manager.allocate(192) }
                val odd = blocks.first { it.address % 128 != 0L }
                odd.withSegment { target -> list.block.withSegment { it.copyTo(target) } }
                refused { OffHeapList.open(wide, odd) } shouldBe "The block at 0x${odd.address.toHexString()} from " +
                    "manager 'reopened' holds a list whose elements need addresses that are multiples of 128: " +
                    "allocate it with that alignment"
                blocks.forEach(Block::close)
            }
        }
    }

    private fun appendLists() = Kind(
        "append-only list",
        { OffHeapAppendList(ElementType.LONG, manager) },
        { OffHeapAppendList.open(ElementType.LONG, it) },
        { it },
    )

    private fun grouped(number: Long) = "%,d".format(java.util.Locale.ROOT, number)

    // FNV-1a, written anew.
    private fun hashOf(text: String): String {
        var hash = 0xcbf29ce484222325uL
        for (byte in text.encodeToByteArray()) hash = (hash xor byte.toUByte().toULong()) * 0x100000001b3uL
        return hash.toLong().toHexString()
    }
}
