package dev.leasehold.memory.internal.platform

import java.io.IOException
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.channels.FileChannel.MapMode.READ_ONLY
import java.nio.channels.FileChannel.MapMode.READ_WRITE
import java.nio.channels.FileLock
import java.nio.channels.OverlappingFileLockException
import java.nio.file.FileSystemException
import java.nio.file.Path
import java.nio.file.StandardOpenOption.CREATE_NEW
import java.nio.file.StandardOpenOption.READ
import java.nio.file.StandardOpenOption.SPARSE
import java.nio.file.StandardOpenOption.WRITE
import java.util.concurrent.ConcurrentHashMap

/**
 * A file of any system, by what every virtual machine has.
 *
 * The mapping makes the file as long as it may ever become, of which it takes only what was written. Locks are those of
 * the virtual machine, which knows none of an open file: so one process has such a file at a time, once.
 */
internal class ChannelFile private constructor(
    override val path: Path,
    private val channel: FileChannel,
    private val readOnly: Boolean,
) : MappedFile {
    private var mapped: MemorySegment? = null
    private var isDetached = false
    private val locks = ConcurrentHashMap<Long, FileLock>()

    override val isShared: Boolean get() = false
    override val length: Long get() = calling("size") { channel.size() }
    override val bytes: MemorySegment get() = checkNotNull(mapped) { "$path is not mapped" }

    override fun map(size: Long, arena: Arena) {
        val most = if (readOnly) minOf(size, length) else size
        mapped = calling("map") { channel.map(if (readOnly) READ_ONLY else READ_WRITE, 0, most, arena) }
    }

    override fun allocate(from: Long, bytes: Long) {
        val zeros = ByteBuffer.allocateDirect(minOf(bytes, PIECE).toInt())
        var at = from
        while (at < from + bytes) {
            zeros.clear().limit(minOf(PIECE, from + bytes - at).toInt())
            at += calling("write") { channel.write(zeros, at) }
        }
    }

    override fun resize(length: Long) {
        if (length < channel.size()) {
            val _ = calling("truncate") { channel.truncate(length) }
        }
    }

    override fun tryLock(at: Long): Boolean = try {
        val lock = calling("lock") { channel.tryLock(at, 1, false) }
        if (lock != null) locks[at] = lock
        lock != null
    } catch (_: OverlappingFileLockException) {
        false
    }

    override fun unlock(at: Long) {
        locks.remove(at)?.release()
    }

    override fun isLocked(at: Long): Boolean = when {
        locks.containsKey(at) -> false
        tryLock(at) -> false.also { unlock(at) }
        else -> true
    }

    override fun force(bytes: Long) {
        this.bytes.asSlice(0, bytes).force()
    }

    override fun force(from: Long, bytes: Long) {
        this.bytes.asSlice(from, bytes).force()
    }

    // The channel's own exceptions do not say which file.
    private inline fun <R> calling(call: String, action: () -> R): R = try {
        action()
    } catch (failure: IOException) {
        val refusal = FileSystemException(path.toString(), null, "$call: ${failure.message}")
        throw refusal.apply { val _ = initCause(failure) }
    }

    // The mapping ends with its arena.
    override fun detach() {
        isDetached = true
        for (lock in locks.values) lock.release()
        locks.clear()
    }

    override fun close() {
        mapped = null
        // To close a channel ends the locks of all others of the same file in this process. One that was detached has a
        // successor, so it stays open.
        if (!isDetached) channel.close()
    }

    internal companion object {
        private const val PIECE = 1L shl 16

        /** Opens [path]. */
        fun open(path: Path, mode: MappedFile.Mode): ChannelFile {
            val channel = when (mode) {
                MappedFile.Mode.CREATE -> FileChannel.open(path, CREATE_NEW, SPARSE, READ, WRITE)
                MappedFile.Mode.OPEN -> FileChannel.open(path, READ, WRITE)
                MappedFile.Mode.READ_ONLY -> FileChannel.open(path, READ)
            }
            return ChannelFile(path, channel, mode == MappedFile.Mode.READ_ONLY)
        }
    }
}
