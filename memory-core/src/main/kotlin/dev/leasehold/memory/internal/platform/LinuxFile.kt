package dev.leasehold.memory.internal.platform

import java.io.IOException
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.nio.file.AccessDeniedException
import java.nio.file.FileAlreadyExistsException
import java.nio.file.FileSystemException
import java.nio.file.NoSuchFileException
import java.nio.file.Path

/**
 * A file of Linux: mapped past its end, grown by `fallocate`, its bytes locked by open file description.
 *
 * Such a lock is held until the last thread of a process has let go of the file, so a process whose lock is gone stores
 * nothing more. A classic lock would be lost when any descriptor of the file is closed in the process.
 */
internal class LinuxFile private constructor(
    override val path: Path,
    private val descriptor: Int,
    private val readOnly: Boolean,
) : MappedFile {
    private var address = 0L
    private var mapped: MemorySegment? = null
    private var isOpen = true

    override val isShared: Boolean get() = true
    override val length: Long get() = required("lseek", FileCalls.lseek(descriptor, 0, END))
    override val bytes: MemorySegment get() = checkNotNull(mapped) { "$path is not mapped" }

    override fun map(size: Long, arena: Arena) {
        val protection = if (readOnly) READ else READ or WRITE
        address = mapped(size, FileCalls.mmap(0, size, protection, SHARED, descriptor))
        val whole = MemorySegment.ofAddress(address).reinterpret(size, arena, null)
        mapped = if (readOnly) whole.asReadOnly() else whole
    }

    private fun mapped(size: Long, result: Long): Long {
        val explained = if (result == -NO_MEMORY) Platform.current.refusal(size) else null
        if (explained == null) return required("mmap", result)
        val reason = "mmap of ${bytes(size)}: ${explained.why}; use a smaller maxSize, or ${explained.remedy}"
        throw FileSystemException(path.toString(), null, reason)
    }

    // A refused call may have made the file longer; what is beyond its bound is nobody's.
    override fun allocate(from: Long, bytes: Long) {
        required("fallocate", FileCalls.fallocate(descriptor, 0, from, bytes))
    }

    // Not of every Linux: an older one refuses.
    override fun populate(from: Long, bytes: Long) {
        val _ = PosixCalls.madvise(address + from, bytes, POPULATE_WRITE)
    }

    override fun resize(length: Long) {
        required("ftruncate", FileCalls.ftruncate(descriptor, length))
    }

    override fun tryLock(at: Long): Boolean {
        val result = FileCalls.lock(descriptor, SET_LOCK, WRITE_LOCK, at)
        if (result == -AGAIN || result == -DENIED) return false
        required("fcntl", result)
        return true
    }

    override fun unlock(at: Long) {
        required("fcntl", FileCalls.lock(descriptor, SET_LOCK, UNLOCKED, at))
    }

    override fun isLocked(at: Long): Boolean =
        required("fcntl", FileCalls.lock(descriptor, GET_LOCK, WRITE_LOCK, at)) != UNLOCKED.toInt()

    override fun force(bytes: Long): Unit = force(0, bytes)

    override fun force(from: Long, bytes: Long) {
        required("msync", FileCalls.msync(address + from, bytes, SYNC))
    }

    // A virtual thread would keep its carrier from others, and one without the call would not wait at all.
    override fun waitAt(at: Long, seen: Int, nanos: Long) {
        if (Thread.currentThread().isVirtual) return super.waitAt(at, seen, nanos)
        val result = FileCalls.futexWait(address + at, seen, nanos)
        if (-result !in ENDS_OF_WAITING) super.waitAt(at, seen, nanos)
    }

    // Who is not woken looks by itself, so nothing depends on it.
    override fun wakeAt(at: Long, most: Int) {
        val _ = FileCalls.futexWake(address + at, most)
    }

    @Synchronized
    override fun detach() {
        if (!isOpen) return
        val size = bytes.byteSize()
        val flags = PRIVATE or FIXED or ANONYMOUS or NO_RESERVE
        required("mmap", FileCalls.mmap(address, size, READ or WRITE, flags, -1))
        closeFile()
    }

    @Synchronized
    override fun close() {
        val size = mapped?.byteSize()
        mapped = null
        try {
            if (size != null) check(PosixCalls.munmap(address, size) == 0) { "munmap refused $size bytes of $path" }
        } finally {
            // And with it the locks that other processes wait for.
            closeFile()
        }
    }

    private fun closeFile() {
        if (!isOpen) return
        isOpen = false
        required("close", FileCalls.close(descriptor))
    }

    @IgnorableReturnValue
    private fun required(call: String, result: Int): Int = required(call, result.toLong()).toInt()

    @IgnorableReturnValue
    private fun required(call: String, result: Long): Long {
        if (result in -MOST_ERRORS..-1) throw failure(path, call, -result.toInt())
        return result
    }

    internal companion object {
        // Numbers of Linux's headers: fcntl.h, mman.h, unistd.h and errno.h of all common processors.
        private const val CREATE = 0x40
        private const val EXCLUSIVE = 0x80
        private const val READ_WRITE = 2
        private const val CLOSE_ON_EXEC = 0x80000
        private const val USER_READS_AND_WRITES = 0x180
        private const val READ = 1
        private const val WRITE = 2
        private const val SHARED = 1
        private const val PRIVATE = 2
        private const val FIXED = 0x10
        private const val ANONYMOUS = 0x20
        private const val NO_RESERVE = 0x4000
        private const val SYNC = 4
        private const val POPULATE_WRITE = 23
        private const val END = 2
        private const val GET_LOCK = 36
        private const val SET_LOCK = 37
        private const val WRITE_LOCK: Short = 1
        private const val UNLOCKED: Short = 2
        private const val MOST_ERRORS = 4095L
        private const val NO_SUCH_FILE = 2
        private const val NO_MEMORY = 12L
        private const val AGAIN = 11
        private const val DENIED = 13
        private const val EXISTS = 17
        private const val NO_SPACE = 28
        private const val READ_ONLY_DISK = 30
        private const val INTERRUPTED = 4
        private const val BAD_ADDRESS = 14
        private const val TIMED_OUT = 110

        // A bad address is met again, and reported, when the word is read.
        private val ENDS_OF_WAITING = setOf(0, INTERRUPTED, AGAIN, BAD_ADDRESS, TIMED_OUT)

        /** Opens [path]. */
        fun open(path: Path, mode: MappedFile.Mode): LinuxFile {
            val flags = when (mode) {
                MappedFile.Mode.CREATE -> READ_WRITE or CREATE or EXCLUSIVE
                MappedFile.Mode.OPEN -> READ_WRITE
                MappedFile.Mode.READ_ONLY -> 0
            }
            val descriptor = FileCalls.open(path.toString(), flags or CLOSE_ON_EXEC, USER_READS_AND_WRITES)
            if (descriptor < 0) throw failure(path, "open", -descriptor)
            return LinuxFile(path, descriptor, mode == MappedFile.Mode.READ_ONLY)
        }

        private fun failure(path: Path, call: String, errno: Int): IOException = when (errno) {
            NO_SUCH_FILE -> NoSuchFileException(path.toString())
            EXISTS -> FileAlreadyExistsException(path.toString())
            DENIED -> AccessDeniedException(path.toString(), null, "$call: permission denied")
            NO_SPACE -> FileSystemException(path.toString(), null, "$call: no space left on the disk")
            READ_ONLY_DISK -> FileSystemException(path.toString(), null, "$call: the file system is read-only")
            else -> FileSystemException(path.toString(), null, "$call: errno $errno")
        }
    }
}
