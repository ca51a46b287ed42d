package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.typed.CollectionChangedException
import dev.leasehold.memory.typed.ElementLayoutException
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.KeyHash
import dev.leasehold.memory.typed.NoSuchEntryException
import dev.leasehold.memory.typed.OffHeapDictionary
import dev.leasehold.memory.typed.contains
import dev.leasehold.memory.typed.find
import dev.leasehold.memory.typed.forEach
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.getOrDefault
import dev.leasehold.memory.typed.getOrPut
import dev.leasehold.memory.typed.key
import dev.leasehold.memory.typed.keys
import dev.leasehold.memory.typed.putIfAbsent
import dev.leasehold.memory.typed.remove
import dev.leasehold.memory.typed.removeIf
import dev.leasehold.memory.typed.set
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeFalse
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith
import java.lang.foreign.ValueLayout.JAVA_LONG

class OffHeapDictionarySpec : FunSpec() {
    private val manager = SystemMemoryManager("dictionaries")

    private fun <R> longs(capacity: Long = 0, body: (OffHeapDictionary<Long, Long>) -> R): R =
        OffHeapDictionary(ElementType.LONG, ElementType.LONG, manager, capacity).use(body)

    init {
        afterSpec {
            manager.stats().blocks shouldBe 0
            manager.close()
        }

        test("a value is read and written through the place of its entry, without another search") {
            OffHeapDictionary(ElementType.CHAR, ElementType.INT, manager).use { counts ->
                for (letter in "off the heap") counts[counts.getOrPut(letter)] += 1
                counts[counts.find('f')] shouldBe 2
                counts[counts.find('h')] shouldBe 2
                counts.find('x').isPresent.shouldBeFalse()
                counts.getOrPut('f').isNew.shouldBeFalse()
                counts.getOrPut('x').isNew.shouldBeTrue()
                counts[counts.find('x')] shouldBe 0
            }
        }

        test("longs and ints as keys lead straight to their values") {
            longs { dictionary ->
                dictionary[5] = 50
                dictionary[0] = 7
                dictionary[5] shouldBe 50
                dictionary[0] shouldBe 7
                dictionary.getOrDefault(6L, -1L) shouldBe -1
                dictionary.putIfAbsent(5L, 51L).shouldBeFalse()
                dictionary.putIfAbsent(6L, 60L).shouldBeTrue()
                dictionary[5] shouldBe 50
                dictionary[6] shouldBe 60
                (5L in dictionary).shouldBeTrue()
                val failure = shouldThrow<NoSuchEntryException> { dictionary[9] }
                failure.message shouldBe
                    "The dictionary of long to long from manager 'dictionaries' has no entry for " +
                    "the key 9: use getOrDefault, or find, where it may be missing"
            }
        }

        test("a place that is none is refused with what to do") {
            longs { dictionary ->
                val failure = shouldThrow<NoSuchEntryException> { dictionary[dictionary.find(1L)] }
                failure.message shouldBe "The dictionary of long to long from manager 'dictionaries' has no entry " +
                    "there: the key was not found; ask isPresent first, or use getOrPut, which makes the entry"
                shouldThrow<NoSuchEntryException> { dictionary.remove(dictionary.find(1L)) }
            }
        }

        test("a place is refused once entries have moved, and stays good while entries are added within the capacity") {
            longs(100) { dictionary ->
                dictionary[1] = 10
                val at = dictionary.find(1L)
                for (key in 2L..60L) dictionary[key] = key
                dictionary[at] shouldBe 10
                dictionary.remove(60L)
                val failure = shouldThrow<CollectionChangedException> { dictionary[at] }
                failure.message shouldBe "The place of an entry of The dictionary of long to long from manager " +
                    "'dictionaries' was used after entries had moved, which a removal, a growth, a shrink and a " +
                    "clear " +
                    "make them do: find the key again"
                val again = dictionary.find(1L)
                dictionary.reserve(1000)
                shouldThrow<CollectionChangedException> { dictionary[again] = 1 }
                val third = dictionary.find(1L)
                dictionary.clear()
                shouldThrow<CollectionChangedException> { dictionary.remove(third) }
            }
        }

        test("an iteration that meets a change fails, and one that sets values does not") {
            longs { dictionary ->
                for (key in 0L..9L) dictionary[key] = key
                dictionary.forEach { dictionary[it] *= 2 }
                dictionary[9] shouldBe 18
                shouldThrow<CollectionChangedException> { dictionary.forEach { dictionary.remove(dictionary.key(it)) } }
                shouldThrow<CollectionChangedException> { dictionary.forEach { dictionary[77] = 1 } }
                shouldThrow<CollectionChangedException> {
                    dictionary.removeIf { dictionary.remove(dictionary.key(it)) }
                }
                val keys = dictionary.keys()
                dictionary[78] = 1
                shouldThrow<CollectionChangedException> { keys.nextLong() }
            }
        }

        test("what is removed leaves no trace: the table is as if the key had never been there") {
            longs(1000) { dictionary ->
                for (key in 1L..300L) dictionary[key] = key
                val before = dictionary.block.withSegment { bytes -> bytes.toByteArray().toList() }
                for (key in 1000L..1300L) dictionary[key] = key
                for (key in 1000L..1300L) dictionary.remove(key)
                for (key in 1L..300L) dictionary[key] shouldBe key
                // The order within a run of slots may be another, but which slots are taken is not.
                taken(dictionary) shouldBe takenIn(before)
                for (key in 1L..300L) dictionary.remove(key)
                taken(dictionary) shouldBe emptyList()
            }
        }

        test("keys and values lie side by side, in no more than 34 bytes each at a million") {
            longs { dictionary ->
                for (key in 1L..1_000_000L) dictionary[key] = key
                dictionary.byteSize shouldBeLessThan 34_000_000
                dictionary.byteSize shouldBe dictionary.block.size
            }
            longs(1_000) { it.byteSize shouldBeLessThanOrEqualTo 192 + 2048 * 16 }
        }

        test("to copy a dictionary entry by entry into one that grows takes linear time") {
            longs { from ->
                for (key in 1L..1_000_000L) from[key] = key
                longs { to ->
                    val begun = System.nanoTime()
                    from.forEach { to[from.key(it)] = from[it] }
                    // Half a minute and more if the order of one were that of the other.
                    (System.nanoTime() - begun) / 1_000_000_000 shouldBeLessThan 10
                    to.size shouldBe 1_000_000
                }
            }
        }

        test("all of another dictionary is put over what is there") {
            longs { one ->
                longs { other ->
                    for (key in 0L..9L) one[key] = key
                    for (key in 5L..200L) other[key] = -key
                    one.putAll(other)
                    one.putAll(one)
                    one.size shouldBe 201
                    for (key in 0L..4L) one[key] shouldBe key
                    for (key in 5L..200L) one[key] shouldBe -key
                }
            }
            OffHeapDictionary(Dot, ElementType.INT, manager, hash = KeyHash.ofBytes("first") { it.get(JAVA_LONG, 0) })
                .use { one ->
                    OffHeapDictionary(Dot, ElementType.INT, manager).use { other ->
                        repeat(50) { other[other.getOrPut(StructKeys.of(it).view())] = it }
                        one.putAll(other)
                        repeat(50) { one[one.find(StructKeys.of(it).view())] shouldBe it }
                    }
                }
        }

        test("a struct out of the dictionary's own block can be a key for it, also where it grows just then") {
            OffHeapDictionary(ElementType.LONG, Dot, manager).use { dots ->
                for (key in 0L..4L) StructKeys.of(key.toInt()).writeTo(dots[dots.getOrPut(key)])
                OffHeapDictionary(Dot, Dot, manager).use { own ->
                    repeat(5) { StructKeys.of(it + 1).writeTo(own[own.getOrPut(StructKeys.of(it).view())]) }
                    own.size shouldBe own.capacity
                    // The value of the last entry, which is not a key yet.
                    val at = own.getOrPut(own[own.find(StructKeys.of(4).view())])
                    at.isNew.shouldBeTrue()
                    HeapDot.of(own.key(at)) shouldBe StructKeys.of(5)
                    repeat(6) { (StructKeys.of(it).view() in own).shouldBeTrue() }
                }
            }
        }

        test("a hash of the wrong kind, a key of the wrong size and a capacity that none can have are refused") {
            shouldThrow<ElementLayoutException> {
                OffHeapDictionary(Dot, ElementType.INT, manager, hash = KeyHash.ofBits("bits of a struct") { it })
            }.message shouldBe
                "KeyHash 'bits of a struct' is of bits, and the keys are of Dot: primitives are hashed " +
                "by KeyHash.ofBits, structs by KeyHash.ofBytes"
            shouldThrow<ElementLayoutException> {
                OffHeapDictionary(ElementType.INT, Dot, manager, hash = KeyHash.ofBytes("bytes of an int") { 0 })
            }.message!! shouldStartWith "KeyHash 'bytes of an int' is of bytes, and the keys are of int: "
            longs { dictionary ->
                shouldThrow<InvalidSizeException> { dictionary.reserve(1L shl 42) }.message!! shouldStartWith
                    "A dictionary of 140,737,488,355,"
                shouldThrow<InvalidSizeException> { dictionary.reserve(Long.MAX_VALUE) }
                dictionary.size shouldBe 0
                dictionary[1] = 1
            }
        }

        test("a large table grows and shrinks through mappings of its own") {
            SystemMemoryManager("large").use { large ->
                OffHeapDictionary(ElementType.LONG, ElementType.LONG, large).use { dictionary ->
                    for (key in 0L until 400_000L) dictionary[key] = -key
                    for (key in 0L until 400_000L) dictionary[key] shouldBe -key
                    dictionary.byteSize.shouldBeLessThan(17.MiB)
                    dictionary.removeIf { dictionary.key(it) % 100 != 0L } shouldBe 396_000
                    dictionary.shrink()
                    dictionary.byteSize shouldBeLessThan 200_000
                    for (key in 0L until 400_000L step 100) dictionary[key] shouldBe -key
                }
                large.stats().blocks shouldBe 0
            }
        }
    }

    private fun taken(dictionary: OffHeapDictionary<Long, Long>) =
        dictionary.block.withSegment { takenIn(it.toByteArray().toList()) }

    // The slots of 16 bytes with a key, from the table's start at 192 on.
    private fun takenIn(bytes: List<Byte>): List<Int> =
        (192 until bytes.size step 16).filter { at -> (at until at + 8).any { bytes[it] != 0.toByte() } }
}

private fun dev.leasehold.memory.Segment.toByteArray(): ByteArray =
    asMemorySegment().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE)
