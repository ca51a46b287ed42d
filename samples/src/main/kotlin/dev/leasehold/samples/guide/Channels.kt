package dev.leasehold.samples.guide

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.coroutines.read
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import java.nio.channels.AsynchronousFileChannel
import java.nio.channels.ReadableByteChannel
import java.nio.channels.WritableByteChannel
import java.nio.file.Path
import java.nio.file.StandardOpenOption.READ

/** The guide's snippets on NIO. What stands between a region's comments is what docs/guide.md shows. */
internal object Channels {
    fun relay(pool: MemoryPool, source: ReadableByteChannel, target: WritableByteChannel): Long {
        var moved = 0L
        // region channels
        pool.rent(64 * 1024).use { lease ->
            val buffer = lease.asByteBuffer() // the lease's bytes, not a copy
            while (source.read(buffer) >= 0) {
                buffer.flip()
                while (buffer.hasRemaining()) moved += target.write(buffer)
                buffer.clear()
            }
        }
        // endregion
        return moved
    }

    suspend fun head(pool: MemoryPool, file: Path): Int {
        // region asynchronous channels
        val count = AsynchronousFileChannel.open(file, READ).use { channel ->
            pool.withLease(4096) { lease -> channel.read(lease, position = 0) }
        }
        // endregion
        return count
    }

    fun headWithoutCoroutines(pool: MemoryPool, file: Path): Int {
        // region kept buffer
        val count = AsynchronousFileChannel.open(file, READ).use { channel ->
            pool.rentShared(4096).use { lease -> channel.read(lease.asKeptByteBuffer(), 0).get() }
        }
        // endregion
        return count
    }
}
