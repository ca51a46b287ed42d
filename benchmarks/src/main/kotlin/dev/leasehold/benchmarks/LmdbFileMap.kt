package dev.leasehold.benchmarks

import org.lwjgl.PointerBuffer
import org.lwjgl.system.MemoryUtil
import org.lwjgl.util.lmdb.LMDB
import org.lwjgl.util.lmdb.MDBVal
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Path

/**
 * LMDB at its best: it forces nothing to the disk, writes into its mapping, and has one transaction for all writes and
 * one for all reads that follow one another.
 */
internal class LmdbFileMap(folder: Path) : FileMap {
    private val environment: Long
    private val database: Int
    private var transaction = 0L
    private var writes = false
    private val key = MDBVal.malloc()
    private val value = MDBVal.malloc()
    private val keyBytes = ByteBuffer.allocateDirect(Long.SIZE_BYTES).order(ByteOrder.nativeOrder())
    private val valueBytes = ByteBuffer.allocateDirect(FileMap.VALUE_BYTES)

    init {
        environment = pointer { LMDB.mdb_env_create(it) }
        require(LMDB.mdb_env_set_mapsize(environment, FileMap.MOST_BYTES))
        val flags = LMDB.MDB_NOSYNC or LMDB.MDB_WRITEMAP or LMDB.MDB_NOTLS
        require(LMDB.mdb_env_open(environment, "$folder", flags, OWNERS))
        begin(writing = true)
        val number = MemoryUtil.memAllocInt(1)
        require(
            LMDB.mdb_dbi_open(transaction, null as ByteBuffer?, LMDB.MDB_INTEGERKEY or LMDB.MDB_CREATE, number),
        )
        database = number.get(0)
        MemoryUtil.memFree(number)
    }

    private fun begin(writing: Boolean) {
        commit()
        transaction = pointer { LMDB.mdb_txn_begin(environment, 0, if (writing) 0 else LMDB.MDB_RDONLY, it) }
        writes = writing
    }

    override fun commit() {
        if (transaction == 0L) return
        if (writes) require(LMDB.mdb_txn_commit(transaction)) else LMDB.mdb_txn_abort(transaction)
        transaction = 0
    }

    override fun put(key: Long, value: ByteArray) {
        if (transaction == 0L || !writes) begin(writing = true)
        keyBytes.putLong(0, key)
        valueBytes.put(0, value)
        this.key.mv_data(keyBytes)
        this.value.mv_data(valueBytes)
        require(LMDB.mdb_put(transaction, database, this.key, this.value, 0))
    }

    override fun get(key: Long, into: ByteArray): ByteArray? {
        if (transaction == 0L || writes) begin(writing = false)
        keyBytes.putLong(0, key)
        this.key.mv_data(keyBytes)
        val answer = LMDB.mdb_get(transaction, database, this.key, value)
        if (answer == LMDB.MDB_NOTFOUND) return null
        require(answer)
        checkNotNull(value.mv_data()).get(0, into)
        return into
    }

    override fun close() {
        commit()
        LMDB.mdb_env_close(environment)
        key.free()
        value.free()
    }

    private companion object {
        const val OWNERS = 384 // 0600

        fun require(answer: Int): Unit = check(answer == LMDB.MDB_SUCCESS) { LMDB.mdb_strerror(answer) }

        fun pointer(call: (PointerBuffer) -> Int): Long {
            val place = MemoryUtil.memAllocPointer(1)
            try {
                require(call(place))
                return place.get(0)
            } finally {
                MemoryUtil.memFree(place)
            }
        }
    }
}
