package dev.leasehold.memory.contract.segment

import dev.leasehold.memory.internal.access.ElementSorter
import dev.leasehold.memory.internal.access.heapSortBy
import dev.leasehold.memory.internal.access.insertionSortBy
import dev.leasehold.memory.internal.access.partitionBy
import dev.leasehold.memory.internal.access.settleRunBy
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.list
import io.kotest.property.arbitrary.long
import io.kotest.property.checkAll

/** A sorter whose partition always goes as wrong as it can: it splits off one element, the least. */
private class UnluckySorter(private val keys: LongArray) : ElementSorter() {
    var partitions = 0
    var heapSorted = 0L

    override fun settleRun(low: Long, high: Long) = false

    override fun insertionSort(low: Long, high: Long) = keys.sort(low.toInt(), high.toInt())

    override fun heapSort(low: Long, high: Long) {
        heapSorted += high - low
        heapSortBy(low, high, { keys[it.toInt()] }, { index, key -> keys[index.toInt()] = key })
    }

    override fun partition(low: Long, high: Long): Long {
        partitions++
        val least = (low..<high).minBy { keys[it.toInt()] }.toInt()
        keys[least] = keys[low.toInt()].also { keys[low.toInt()] = keys[least] }
        return low + 1
    }
}

private val numbers = Arb.list(Arb.long(-9L..9L), 0..80)

class ElementSorterSpec : FunSpec({
    test("a quicksort that goes astray ends in a heap sort after a logarithmic number of partitions") {
        val keys = LongArray(10_000) { it * 7_919L % 10_007 }
        val sorter = UnluckySorter(keys)
        sorter.sort(10_000)
        keys.toList() shouldBe keys.sorted()
        sorter.partitions shouldBeLessThanOrEqual 28
        sorter.heapSorted shouldBe 10_000L - sorter.partitions
    }

    test("heap sort and insertion sort order their part and leave the rest alone") {
        checkAll(numbers, Arb.int(0..80), Arb.int(0..80)) { list, a, b ->
            val low = minOf(a, b, list.size)
            val high = minOf(maxOf(a, b), list.size)
            val expected = list.toLongArray().apply { sort(low, high) }
            val heap = list.toLongArray()
            heapSortBy(low.toLong(), high.toLong(), { heap[it.toInt()] }, { at, key -> heap[at.toInt()] = key })
            heap shouldBe expected
            val inserted = list.toLongArray()
            insertionSortBy(
                low.toLong(),
                high.toLong(),
                { inserted[it.toInt()] },
                { at, key -> inserted[at.toInt()] = key },
            )
            inserted shouldBe expected
        }
    }

    test("a partition has two parts that are not empty, and none of the first is greater than any of the second") {
        checkAll(5_000, Arb.list(Arb.long(-3L..3L), 3..600)) { list ->
            val keys = list.toLongArray()
            val split = partitionBy(0, keys.size.toLong(), { keys[it.toInt()] }, { at, key -> keys[at.toInt()] = key })
            (split in 1L..<keys.size) shouldBe true
            (keys.take(split.toInt()).max() <= keys.drop(split.toInt()).min()) shouldBe true
            keys.sorted() shouldBe list.sorted()
        }
    }

    test("a run is settled when it rises or falls as a whole, and otherwise left as it was") {
        checkAll(5_000, Arb.list(Arb.long(0L..3L), 2..6)) { list ->
            val keys = list.toLongArray()
            val settled =
                settleRunBy(0, keys.size.toLong(), { keys[it.toInt()] }, { at, key -> keys[at.toInt()] = key })
            settled shouldBe (list == list.sorted() || list == list.sortedDescending())
            keys.toList() shouldBe if (settled) list.sorted() else list
        }
    }
})
