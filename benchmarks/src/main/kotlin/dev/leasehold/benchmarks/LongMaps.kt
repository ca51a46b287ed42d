package dev.leasehold.benchmarks

import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.OffHeapDictionary
import dev.leasehold.memory.typed.set
import it.unimi.dsi.fastutil.longs.Long2LongOpenHashMap
import kotlinx.benchmark.Param
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import org.agrona.collections.Long2LongHashMap
import java.util.SplittableRandom

/** Random keys, and which of them are looked up in what order: the same for all tables. */
@State(Scope.Thread)
public abstract class LongMap {
    /** How many entries the table has. */
    @Param("1000", "1000000")
    public var entries: Int = 0

    internal lateinit var keys: LongArray
    private lateinit var presentKeys: LongArray
    private lateinit var absentKeys: LongArray
    private var next = 0

    /** Makes and fills the table. */
    @Setup
    public fun makeKeys() {
        val random = SplittableRandom(11)
        keys = LongArray(entries) { random.nextLong() }
        presentKeys = LongArray(QUERIES) { keys[random.nextInt(entries)] }
        absentKeys = LongArray(QUERIES) { random.nextLong() }
        fill()
    }

    protected abstract fun fill()

    internal inline fun present(look: (Long) -> Long): Long = batch(presentKeys, look)

    internal inline fun absent(look: (Long) -> Long): Long = batch(absentKeys, look)

    private inline fun batch(queries: LongArray, look: (Long) -> Long): Long {
        val from = next
        next = (from + CollectionBenchmark.BATCH) and (QUERIES - 1)
        var sum = 0L
        for (index in from until from + CollectionBenchmark.BATCH) sum += look(queries[index])
        return sum
    }

    private companion object {
        const val QUERIES = 1 shl 20
    }
}

/** The library's dictionary. */
public open class LeaseholdMap : LongMap() {
    private val manager = SystemMemoryManager("bench")
    internal lateinit var table: OffHeapDictionary<Long, Long>

    override fun fill() {
        table = filled(empty())
    }

    internal fun empty() = OffHeapDictionary(ElementType.LONG, ElementType.LONG, manager)

    internal fun filled(map: OffHeapDictionary<Long, Long>): OffHeapDictionary<Long, Long> {
        for (key in keys) map[key] = key
        return map
    }

    @TearDown
    public fun close() {
        table.close()
        manager.close()
    }
}

/** Agrona's, at its own load factor. */
public open class AgronaMap : LongMap() {
    internal lateinit var table: Long2LongHashMap

    override fun fill() {
        table = filled(empty())
    }

    internal fun empty() = Long2LongHashMap(0)

    internal fun filled(map: Long2LongHashMap): Long2LongHashMap {
        for (key in keys) {
            val _ = map.put(key, key)
        }
        return map
    }
}

/** fastutil's, at its own load factor. */
public open class FastutilMap : LongMap() {
    internal lateinit var table: Long2LongOpenHashMap

    override fun fill() {
        table = filled(empty())
    }

    internal fun empty() = Long2LongOpenHashMap()

    internal fun filled(map: Long2LongOpenHashMap): Long2LongOpenHashMap {
        for (key in keys) {
            val _ = map.put(key, key)
        }
        return map
    }
}

/** The JDK's, of objects. */
public open class JavaMap : LongMap() {
    internal lateinit var table: HashMap<Long, Long>

    override fun fill() {
        table = filled(empty())
    }

    internal fun empty() = HashMap<Long, Long>()

    internal fun filled(map: HashMap<Long, Long>): HashMap<Long, Long> {
        for (key in keys) map[key] = key
        return map
    }
}
