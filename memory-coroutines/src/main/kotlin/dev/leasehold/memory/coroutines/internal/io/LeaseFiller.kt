package dev.leasehold.memory.coroutines.internal.io

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runInterruptible
import java.nio.ByteBuffer
import java.nio.channels.AsynchronousByteChannel
import java.nio.channels.AsynchronousFileChannel
import java.nio.channels.ClosedByInterruptException
import java.nio.channels.FileChannel
import java.nio.channels.IllegalBlockingModeException
import java.nio.channels.ReadableByteChannel
import java.nio.channels.SelectableChannel
import java.nio.file.Path
import java.nio.file.StandardOpenOption.READ

/** Where bytes come from. When [fill] has ended, in whatever way, nothing writes into its buffer any more. */
internal interface LeaseFiller : AutoCloseable {
    /** Reads into [buffer], and returns whether there may be more behind. */
    suspend fun fill(buffer: ByteBuffer): Boolean

    /** Closes what it opened itself. */
    override fun close(): Unit = Unit
}

/** Reads a file that it opens itself, for as long as it is collected. */
internal class FileFiller(private val path: Path) : LeaseFiller {
    // Opened by the first read, on the thread that reads: what is kept here cannot be lost on the way back from there.
    private var file: FileChannel? = null

    override suspend fun fill(buffer: ByteBuffer): Boolean = blocking {
        val file = file ?: FileChannel.open(path, READ).also { file = it }
        while (buffer.hasRemaining()) {
            if (file.read(buffer) < 0) return@blocking false
        }
        // Without this a file that fits exactly would want one lease more, to find that there is nothing for it.
        file.position() != file.size()
    }

    override fun close() {
        file?.close()
    }
}

/** Reads a channel that blocks. */
internal class ChannelFiller(private val channel: ReadableByteChannel) : LeaseFiller {
    override suspend fun fill(buffer: ByteBuffer): Boolean = blocking {
        if (channel is SelectableChannel && !channel.isBlocking) throw IllegalBlockingModeException()
        channel.read(buffer) >= 0
    }
}

/** Reads a channel whose reads can be aborted only by closing it. */
internal class SocketFiller(private val channel: AsynchronousByteChannel) : LeaseFiller {
    override suspend fun fill(buffer: ByteBuffer): Boolean = channel.readInto(buffer) >= 0
}

/** Reads a file whose channel does not block. */
internal class AsynchronousFileFiller(private val file: AsynchronousFileChannel, private var position: Long) :
    LeaseFiller {
    override suspend fun fill(buffer: ByteBuffer): Boolean {
        while (buffer.hasRemaining()) {
            val count = file.readInto(buffer, position)
            if (count < 0) return false
            position += count
        }
        return position != file.size()
    }
}

/**
 * Runs [read] where it may block. A cancellation interrupts it, and this ends when [read] has ended.
 *
 * A channel that is interrupted says so by an error of its own; a coroutine has to fail with its cancellation instead.
 */
private suspend fun <R> blocking(read: () -> R): R = runInterruptible(Dispatchers.IO) {
    try {
        read()
    } catch (interrupted: ClosedByInterruptException) {
        throw InterruptedException("the read was interrupted").initCause(interrupted)
    }
}
