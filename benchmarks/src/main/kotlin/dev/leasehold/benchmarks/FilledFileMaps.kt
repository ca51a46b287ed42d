package dev.leasehold.benchmarks

import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import org.openjdk.jmh.annotations.Level
import java.lang.invoke.MethodHandles
import java.nio.ByteOrder
import java.nio.file.Files
import java.nio.file.Path
import java.util.Random

/** A million entries in random order, and values that say whose they are. */
internal class Entries {
    private val keys = LongArray(COUNT) { it.toLong() }
    private val value = ByteArray(FileMap.VALUE_BYTES)
    private val copy = ByteArray(FileMap.VALUE_BYTES)
    private var next = 0
    private var version = 0L

    init {
        val random = Random(7)
        for (at in COUNT - 1 downTo 1) {
            val other = random.nextInt(at + 1)
            keys[at] = keys[other].also { keys[other] = keys[at] }
        }
    }

    /** The next key, each once before any comes again. */
    fun key(): Long {
        val key = keys[next]
        next = if (next == COUNT - 1) 0 else next + 1
        return key
    }

    /** Puts the next key with another value than the last time. */
    fun put(map: FileMap) {
        val key = key()
        LONG.set(value, 0, key)
        LONG.set(value, Long.SIZE_BYTES, version++)
        LONG.set(value, value.size - Long.SIZE_BYTES, key)
        map.put(key, value)
    }

    /** Gets the value of the next key, and refuses one of another. */
    fun get(map: FileMap): ByteArray {
        val key = key()
        val found = map.get(key, copy)
        check(found != null && isOf(key, found)) { "$key has no value, or another's" }
        return found
    }

    private fun isOf(key: Long, found: ByteArray) = found.size == FileMap.VALUE_BYTES &&
        LONG.get(found, 0) as Long == key && LONG.get(found, found.size - Long.SIZE_BYTES) as Long == key

    /** Looks for a key that is not there. */
    fun miss(map: FileMap): Boolean {
        val found = map.get(-1 - key(), copy)
        check(found == null) { "a key that was never put has a value" }
        return true
    }

    companion object {
        const val COUNT: Int = 1_000_000
        private val LONG = MethodHandles.byteArrayViewVarHandle(LongArray::class.java, ByteOrder.LITTLE_ENDIAN)
    }
}

/** A map of one kind in a folder of its own. */
@State(Scope.Thread)
public abstract class FileMapState internal constructor(private val maps: FileMaps) {
    internal val entries = Entries()
    private lateinit var folder: Path
    internal lateinit var map: FileMap
        private set

    internal fun open() {
        folder = Files.createTempDirectory("bench")
        map = maps.open(folder.resolve("map"), Entries.COUNT)
    }

    internal fun closeAndDelete() {
        map.close()
        check(folder.toFile().deleteRecursively()) { "$folder stays" }
    }

    internal fun fill() {
        repeat(Entries.COUNT) { entries.put(map) }
        map.commit()
    }
}

/** One that has all entries. */
public abstract class Filled internal constructor(maps: FileMaps) : FileMapState(maps) {
    @Setup
    public fun openAndFill() {
        open()
        fill()
    }

    @TearDown
    public fun close(): Unit = closeAndDelete()
}

/** One that is new and empty each time. */
public abstract class Empty internal constructor(maps: FileMaps) : FileMapState(maps) {
    @Setup(Level.Invocation)
    public fun openNew(): Unit = open()

    @TearDown(Level.Invocation)
    public fun close(): Unit = closeAndDelete()
}

public open class FilledLeasehold : Filled({ path, _ -> LeaseholdFileMap(path) })

public open class FilledChronicle : Filled(::ChronicleFileMap)

public open class FilledMapdb : Filled({ path, _ -> MapdbFileMap(path) })

public open class FilledLmdb : Filled({ path, _ -> lmdbIn(path) })

public open class FilledMvstore : Filled({ path, _ -> MvstoreFileMap(path) })

public open class EmptyLeasehold : Empty({ path, _ -> LeaseholdFileMap(path) })

public open class EmptyChronicle : Empty(::ChronicleFileMap)

public open class EmptyMapdb : Empty({ path, _ -> MapdbFileMap(path) })

public open class EmptyLmdb : Empty({ path, _ -> lmdbIn(path) })

public open class EmptyMvstore : Empty({ path, _ -> MvstoreFileMap(path) })
