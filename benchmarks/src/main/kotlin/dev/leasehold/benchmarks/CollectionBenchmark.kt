package dev.leasehold.benchmarks

import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.OffHeapDictionary
import dev.leasehold.memory.typed.OffHeapList
import dev.leasehold.memory.typed.OffHeapQueue
import dev.leasehold.memory.typed.OffHeapStack
import dev.leasehold.memory.typed.add
import dev.leasehold.memory.typed.forEach
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.getOrDefault
import dev.leasehold.memory.typed.pop
import dev.leasehold.memory.typed.push
import dev.leasehold.memory.typed.remove
import dev.leasehold.memory.typed.set
import it.unimi.dsi.fastutil.ints.IntArrayFIFOQueue
import it.unimi.dsi.fastutil.ints.IntArrayList
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Param
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import org.openjdk.jmh.annotations.Fork
import org.openjdk.jmh.annotations.OperationsPerInvocation

/**
 * Off-heap collections beside those of Agrona, fastutil and the JDK: a dictionary of longs to longs with random keys,
 * and a list, a queue and a stack of ints beside fastutil's, which are backed by an `int[]`.
 *
 * A *hit* and a *miss* look keys up in random order, *overwrite* puts values for keys that are there, *refill* fills
 * a table that was cleared, and *grow* fills one that begins empty and small, and is thrown away. The last two are
 * figures for the whole table.
 */
@Fork(2)
public open class CollectionBenchmark : Measured() {
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun hitLeasehold(map: LeaseholdMap): Long = map.present { map.table.getOrDefault(it, 0L) }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun hitAgrona(map: AgronaMap): Long = map.present { map.table.get(it) }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun hitFastutil(map: FastutilMap): Long = map.present { map.table.get(it) }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun hitHashMap(map: JavaMap): Long = map.present { map.table[it]!! }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun missLeasehold(map: LeaseholdMap): Long = map.absent { map.table.getOrDefault(it, 0L) }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun missAgrona(map: AgronaMap): Long = map.absent { map.table.get(it) }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun missFastutil(map: FastutilMap): Long = map.absent { map.table.get(it) }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun missHashMap(map: JavaMap): Long = map.absent { map.table[it] ?: 0L }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun overwriteLeasehold(map: LeaseholdMap): Long = map.present { key ->
        map.table[key] = key + 1
        0
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun overwriteAgrona(map: AgronaMap): Long = map.present { map.table.put(it, it + 1) }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun overwriteFastutil(map: FastutilMap): Long = map.present { map.table.put(it, it + 1) }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun overwriteHashMap(map: JavaMap): Long = map.present { map.table.put(it, it + 1)!! }

    @Benchmark
    public fun refillLeasehold(map: LeaseholdMap): Long {
        map.table.clear()
        return map.filled(map.table).size
    }

    @Benchmark
    public fun refillAgrona(map: AgronaMap): Int {
        map.table.clear()
        return map.filled(map.table).size
    }

    @Benchmark
    public fun refillFastutil(map: FastutilMap): Int {
        map.table.clear()
        return map.filled(map.table).size
    }

    @Benchmark
    public fun refillHashMap(map: JavaMap): Int {
        map.table.clear()
        return map.filled(map.table).size
    }

    @Benchmark
    public fun growLeasehold(map: LeaseholdMap): Long = map.empty().use { map.filled(it).size }

    @Benchmark
    public fun growAgrona(map: AgronaMap): Int = map.filled(map.empty()).size

    @Benchmark
    public fun growFastutil(map: FastutilMap): Int = map.filled(map.empty()).size

    @Benchmark
    public fun growHashMap(map: JavaMap): Int = map.filled(map.empty()).size

    // ---- lists, queues and stacks ----

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun addToListLeasehold(lists: LeaseholdLists): Long {
        val list = lists.list
        list.clear()
        for (value in 0 until BATCH) list.add(value)
        return list.size
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun addToListFastutil(lists: FastutilLists): Int {
        val list = lists.list
        list.clear()
        for (value in 0 until BATCH) {
            val _ = list.add(value)
        }
        return list.size
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun sumListLeasehold(lists: LeaseholdLists): Int {
        val list = lists.list
        var sum = 0
        for (index in 0 until list.size) sum += list[index]
        return sum
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun sumListFastutil(lists: FastutilLists): Int {
        val list = lists.list
        var sum = 0
        for (index in 0 until list.size) sum += list.getInt(index)
        return sum
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun visitListLeasehold(lists: LeaseholdLists): Int {
        var sum = 0
        lists.list.forEach { sum += it }
        return sum
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun visitListFastutil(lists: FastutilLists): Int {
        var sum = 0
        val values = lists.list.iterator()
        while (values.hasNext()) sum += values.nextInt()
        return sum
    }

    /** Adds one and removes one in turn, with a few hundred in between. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun queueLeasehold(lists: LeaseholdLists): Int {
        val queue = lists.queue
        var sum = 0
        for (value in 0 until BATCH) {
            queue.add(value)
            sum += queue.remove()
        }
        return sum
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun queueFastutil(lists: FastutilLists): Int {
        val queue = lists.queue
        var sum = 0
        for (value in 0 until BATCH) {
            queue.enqueue(value)
            sum += queue.dequeueInt()
        }
        return sum
    }

    /** Pushes as many as fit into a batch, and pops them all. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun stackLeasehold(lists: LeaseholdLists): Int {
        val stack = lists.stack
        for (value in 0 until BATCH) stack.push(value)
        var sum = 0
        for (value in 0 until BATCH) sum += stack.pop()
        return sum
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public fun stackFastutil(lists: FastutilLists): Int {
        val stack = lists.stack
        for (value in 0 until BATCH) stack.push(value)
        var sum = 0
        for (value in 0 until BATCH) sum += stack.popInt()
        return sum
    }

    /** The library's collections. */
    @State(Scope.Thread)
    public open class LeaseholdLists {
        private val manager = SystemMemoryManager("bench")
        internal val list = OffHeapList(ElementType.INT, manager, BATCH.toLong())
        internal val queue = OffHeapQueue(ElementType.INT, manager, BATCH.toLong())
        internal val stack = OffHeapStack(ElementType.INT, manager, BATCH.toLong())

        @Setup
        public fun fill() {
            for (value in 0 until BATCH) list.add(value)
            for (value in 0 until BATCH / 3) queue.add(value)
        }

        @TearDown
        public fun close() {
            list.close()
            queue.close()
            stack.close()
            manager.close()
        }
    }

    /** Those of fastutil over an `int[]`. */
    @State(Scope.Thread)
    public open class FastutilLists {
        internal val list = IntArrayList(BATCH)
        internal val queue = IntArrayFIFOQueue(BATCH)
        internal val stack = IntArrayList(BATCH)

        @Setup
        public fun fill() {
            for (value in 0 until BATCH) {
                val _ = list.add(value)
            }
            for (value in 0 until BATCH / 3) queue.enqueue(value)
        }
    }

    internal companion object {
        /** How many operations one invocation does. */
        const val BATCH = 1024
    }
}
