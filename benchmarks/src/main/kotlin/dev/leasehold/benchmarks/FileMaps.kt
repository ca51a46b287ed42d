package dev.leasehold.benchmarks

import dev.leasehold.memory.GiB
import dev.leasehold.memory.mapped.MappedCodec
import dev.leasehold.memory.mapped.MappedDictionary
import dev.leasehold.memory.mapped.MappedMemoryManager
import net.openhft.chronicle.map.ChronicleMap
import net.openhft.chronicle.map.ChronicleMapBuilder
import org.h2.mvstore.MVStore
import org.mapdb.DBMaker
import org.mapdb.Serializer
import java.nio.file.Path
import kotlin.io.path.createDirectory

/** A map of longs to values of [VALUE_BYTES] bytes in a file; closed with the file. */
internal interface FileMap : AutoCloseable {
    fun put(key: Long, value: ByteArray)

    /** The value of [key], copied: [into] where the map can use an array again, else in one of its own. */
    fun get(key: Long, into: ByteArray): ByteArray?

    /** Ends a series of changes, where the map does not end each by itself. */
    fun commit() {}

    companion object {
        const val VALUE_BYTES: Int = 100

        /** What is reserved for a map whose largest size must be known. */
        const val MOST_BYTES: Long = 4L shl 30
    }
}

/** Opens a map in a new file or folder [path] that is made for [entries] entries. */
internal fun interface FileMaps {
    fun open(path: Path, entries: Int): FileMap
}

/** The library's own. */
internal class LeaseholdFileMap(path: Path) : FileMap {
    private val manager = MappedMemoryManager.create(path) { maxSize = 4.GiB }
    val map: MappedDictionary<Long, ByteArray> =
        MappedDictionary.open(manager, "map", MappedCodec.LONG, MappedCodec.BYTES)

    override fun put(key: Long, value: ByteArray) {
        map[key] = value
    }

    override fun get(key: Long, into: ByteArray): ByteArray? = map[key]

    override fun close(): Unit = manager.close()
}

/** Chronicle Map, which knows how many entries will come and how long they are, and returns no former values. */
internal class ChronicleFileMap(path: Path, entries: Int) : FileMap {
    private val map: ChronicleMap<Long, ByteArray> =
        ChronicleMapBuilder.of(Long::class.javaObjectType, ByteArray::class.java)
            .name("map")
            .constantValueSizeBySample(ByteArray(FileMap.VALUE_BYTES))
            .entries(entries.toLong())
            .putReturnsNull(true)
            .createPersistedTo(path.toFile())

    override fun put(key: Long, value: ByteArray) {
        val _ = map.put(key, value)
    }

    override fun get(key: Long, into: ByteArray): ByteArray? = map.getUsing(key, into)

    override fun close(): Unit = map.close()
}

/** MapDB's hash map in a mapped file, which has its room from the start and counts nothing. */
internal class MapdbFileMap(path: Path) : FileMap {
    private val db = DBMaker.fileDB(path.toFile()).fileMmapEnable().allocateStartSize(ROOM).make()
    private val map = db.hashMap("map", Serializer.LONG, Serializer.BYTE_ARRAY).create()

    override fun put(key: Long, value: ByteArray) {
        // It may keep the array that it is given.
        val _ = map.put(key, value.clone())
    }

    override fun get(key: Long, into: ByteArray): ByteArray? = map[key]

    override fun close(): Unit = db.close()

    private companion object {
        const val ROOM = 512L shl 20
    }
}

/** H2's store, which has all changes in the heap until they are committed, and a cache that all entries fit into. */
internal class MvstoreFileMap(path: Path) : FileMap {
    private val store =
        MVStore.Builder().fileName("$path").cacheSize(CACHE_MIB).autoCommitDisabled().autoCommitBufferSize(0).open()
    private val map = store.openMap<Long, ByteArray>("map")

    override fun put(key: Long, value: ByteArray) {
        // It keeps the array that it is given.
        val _ = map.put(key, value.clone())
    }

    override fun get(key: Long, into: ByteArray): ByteArray? = map[key]

    override fun commit() {
        val _ = store.commit()
    }

    override fun close(): Unit = store.close()

    private companion object {
        const val CACHE_MIB = 512
    }
}

/** A folder for LMDB, which makes its files in it. */
internal fun lmdbIn(path: Path): LmdbFileMap = LmdbFileMap(path.createDirectory())
