package dev.leasehold.memory.internal.platform

import java.io.FileInputStream
import java.io.IOException
import java.io.RandomAccessFile
import java.lang.foreign.MemorySegment
import java.nio.charset.StandardCharsets.ISO_8859_1
import java.nio.file.AccessDeniedException
import java.nio.file.DirectoryIteratorException
import java.nio.file.DirectoryStream
import java.nio.file.Files
import java.nio.file.NoSuchFileException
import java.nio.file.Path
import java.util.concurrent.atomic.AtomicInteger

/** The address spaces of Linux, by its `/proc`. */
internal class LinuxSpace(private val platform: Platform) : SystemSpace {
    private val query by lazy { RegionQuery.open() }
    private val looks = AtomicInteger()

    override val name: String get() = platform.name
    override val pageSize: Long get() = platform.pageSize

    // The superuser may map page 0, by which the virtual machine finds null.
    override val lowest: Long get() = LOWEST

    // The part of the addresses that processes of the two common processors have; the system refuses what is beyond.
    override val highest: Long = if (System.getProperty("os.arch") == "aarch64") HIGHEST_ARM else HIGHEST_X86

    override fun regions(): Regions = refusing("maps", OWN) { mapOf("self") }

    private fun mapOf(process: String): Regions = FileInputStream("/proc/$process/maps").use { file ->
        var text = ByteArray(MAP_BYTES)
        var length = 0
        while (true) {
            val read = file.read(text, length, text.size - length)
            if (read < 0) break
            length += read
            if (length == text.size) text = text.copyOf(length * 2)
        }
        LinuxMap.parse(text, length)
    }

    // Near the top lies the stack of the first thread, and what is free below it is not all to be had. And to link the
    // call takes what reading the whole map takes a thousand times, so only those who look often have it linked.
    override fun regionsWithin(first: Long, last: Long): Regions? {
        val isRare = looks.get() < RARE && looks.incrementAndGet() < RARE
        val isNearStack = java.lang.Long.compareUnsigned(last, highest - NEAR_STACK) > 0
        return if (isRare || isNearStack) null else query?.within(first, last)
    }

    override fun place(address: Long, bytes: Long): Long = placed(address, bytes, PRIVATE or ANONYMOUS, -1, 0)

    override fun placeShared(descriptor: Int, offset: Long, bytes: Long, address: Long): Long =
        placed(address, bytes, SHARED, descriptor, offset)

    private fun placed(address: Long, bytes: Long, flags: Int, descriptor: Int, offset: Long): Long {
        val all = if (address == 0L) flags else flags or FIXED_IF_FREE
        val placed = PosixCalls.mmap(address, bytes, READ_WRITE, all, descriptor, offset)
        if (placed == FAILED) return 0
        if (address == 0L || placed == address) return placed
        // A system before Linux 4.17 takes the address for a wish.
        unmap(placed, bytes)
        return 0
    }

    override fun unmap(address: Long, bytes: Long) {
        check(PosixCalls.munmap(address, bytes) == 0) { "munmap refused $bytes bytes at ${hex(address)}" }
    }

    override fun refusalAt(address: Long, bytes: Long): Int {
        val flags = PRIVATE or ANONYMOUS or (if (address == 0L) 0 else FIXED_IF_FREE)
        val placed = FileCalls.mmap(address, bytes, READ_WRITE, flags, -1)
        if (placed in -MOST_ERRORS..-1) return -placed.toInt()
        unmap(placed, bytes)
        return 0
    }

    // Not of every Linux: an older one does not know the advice.
    override fun populate(address: Long, bytes: Long): Boolean {
        if (PosixCalls.madvise(address, bytes, POPULATE_WRITE) == 0) return true
        val errno = PosixCalls.madviseError(address, bytes, POPULATE_WRITE)
        return errno != NO_MEMORY && errno != BAD_ADDRESS
    }

    override fun peek(address: Long, bytes: Int): MemorySegment? =
        refusing("mem", OWN) { RandomAccessFile("/proc/self/mem", "r") }.use { it.copy(address, bytes) }

    private fun RandomAccessFile.copy(from: Long, bytes: Int): MemorySegment? = try {
        val copy = ByteArray(bytes)
        seek(from)
        readFully(copy)
        MemorySegment.ofArray(LongArray(bytes / Long.SIZE_BYTES)).copyFrom(MemorySegment.ofArray(copy))
    } catch (_: IOException) {
        // Nothing is mapped there, or the file is shorter.
        null
    }

    override fun createShared(name: String): Int {
        // A system may refuse memory that could be executed, and an older one does not know how to say that.
        val flags = CLOSE_ON_EXEC or ALLOW_SEALING
        val sealed = SharedMemoryCalls.memfdCreate(name, flags or NEVER_EXECUTED)
        val descriptor = if (sealed < 0) SharedMemoryCalls.memfdCreate(name, flags) else sealed
        if (descriptor < 0 || SharedMemoryCalls.fcntl(descriptor, ADD_SEALS, SEAL_SEAL or SEAL_SHRINK) == 0) {
            return descriptor
        }
        close(descriptor)
        return -1
    }

    // The seal refuses to make it shorter, which one who comes late would do.
    override fun extend(descriptor: Int, length: Long): Boolean =
        SharedMemoryCalls.ftruncate(descriptor, length) == 0 || lengthOf(descriptor) >= length

    override fun lengthOf(descriptor: Int): Long = FileCalls.lseek(descriptor, 0, END)

    override fun headOf(descriptor: Int, name: String, bytes: Int): MemorySegment? {
        if (nameOf("self", descriptor) != regionName(name)) return null
        return refusing("fd", OWN) { RandomAccessFile("/proc/self/fd/$descriptor", "r") }.use { it.copy(0, bytes) }
    }

    override fun isSealed(descriptor: Int): Boolean =
        SharedMemoryCalls.fcntl(descriptor, GET_SEALS, 0).let { it >= 0 && it and SEAL_SHRINK != 0 }

    /** What the descriptor of [process] stands for; null when there is none of that number any more. */
    private fun nameOf(process: String, descriptor: Int): String? = try {
        Files.readSymbolicLink(Path.of("/proc/$process/fd/$descriptor")).toString()
    } catch (_: NoSuchFileException) {
        null
    } catch (_: AccessDeniedException) {
        throw ProcessRefusal("fd", ProcessRefusal.DENIED)
    } catch (_: IOException) {
        throw ProcessRefusal("fd", ProcessRefusal.UNKNOWN)
    }

    override fun close(descriptor: Int) {
        val _ = FileCalls.close(descriptor)
    }

    override fun regionName(name: String): String = "/memfd:$name (deleted)"

    override fun identity(process: Long): ProcessIdentity? {
        val folder = if (process == 0L) "/proc/self" else "/proc/$process"
        val stat = textOf("$folder/stat") ?: return null
        val status = textOf("$folder/status") ?: return null
        // The name of the program, in brackets, may have anything in it.
        val started = field(stat, stat.lastIndexOf(')') + 2, START_FIELD)
        // A process in a container has a number there, too, which is the last of these.
        val numbers = status.indexOf(NUMBERS)
        val isNumbered = numbers >= 0
        val own = if (isNumbered) lastOfLine(status, numbers + 1) else field(stat, 0, 0)
        return ProcessIdentity(own.toLong(), started.toLong())
    }

    /** The last field of the line of [text] that begins at [start]. */
    private fun lastOfLine(text: String, start: Int): String {
        val end = text.indexOf('\n', start)
        return text.substring(text.lastIndexOf('\t', end) + 1, end)
    }

    /** The field [number] of [text], from [start] on. */
    private fun field(text: String, start: Int, number: Int): String {
        var from = start
        repeat(number) { from = text.indexOf(' ', from) + 1 }
        return text.substring(from, text.indexOf(' ', from))
    }

    /** What is in the file [path]; null when its process has ended. */
    private fun textOf(path: String): String? = try {
        FileInputStream(path).use { String(it.readAllBytes(), ISO_8859_1) }
    } catch (_: IOException) {
        if (Files.exists(Path.of(path))) throw ProcessRefusal("open", ProcessRefusal.UNKNOWN)
        null
    }

    override fun regions(process: Long): Regions = refusing("maps", process) { mapOf("$process") }

    override fun openShared(process: Long, name: String, action: (descriptor: Int) -> Unit) {
        val wanted = regionName(name)
        for (link in linksOf(process)) {
            val number = link.fileName.toString().toIntOrNull() ?: continue
            if (nameOf("$process", number) != wanted) continue
            val descriptor = FileCalls.open("/proc/$process/fd/$number", OPEN_FLAGS, 0)
            if (descriptor == -ProcessRefusal.NO_SUCH_FILE) continue
            if (descriptor < 0) throw ProcessRefusal("open", -descriptor)
            try {
                action(descriptor)
            } finally {
                close(descriptor)
            }
        }
    }

    private fun linksOf(process: Long): List<Path> = refusing("fd", process) {
        Files.newDirectoryStream(Path.of("/proc/$process/fd")).use(DirectoryStream<Path>::toList)
    }

    private inline fun <R> refusing(what: String, process: Long, action: () -> R): R = try {
        action()
    } catch (_: NoSuchFileException) {
        throw ProcessRefusal(what, ProcessRefusal.NO_SUCH_PROCESS)
    } catch (_: AccessDeniedException) {
        throw ProcessRefusal(what, ProcessRefusal.DENIED)
    } catch (_: DirectoryIteratorException) {
        // A process that ends while its descriptors are listed.
        throw ProcessRefusal(what, ProcessRefusal.NO_SUCH_PROCESS)
    } catch (_: IOException) {
        // What its class says is less than what the system said.
        val folder = Path.of(if (process == OWN) "/proc/self" else "/proc/$process")
        val errno = when {
            !Files.exists(folder) -> ProcessRefusal.NO_SUCH_PROCESS
            !Files.isReadable(folder.resolve(what)) -> ProcessRefusal.DENIED
            else -> ProcessRefusal.UNKNOWN
        }
        throw ProcessRefusal(what, errno)
    }

    override fun openProcess(process: Long): Int {
        val descriptor = ProcessCalls.openProcess(process)
        if (descriptor == -NO_SUCH_CALL) {
            throw UnsupportedOperationException(
                "this $name has no pidfd_open, which is needed to look at another process",
            )
        }
        return required("pidfd_open", descriptor).toInt()
    }

    // It can be read when the process has ended, also where nobody has asked for its end yet.
    override fun isAlive(descriptor: Int): Boolean = required("poll", ProcessCalls.isReadable(descriptor)) == 0L

    override fun read(process: Long, address: Long, into: MemorySegment): Long =
        required("process_vm_readv", ProcessCalls.read(process.toInt(), address, into))

    private fun required(call: String, result: Long): Long {
        if (result < 0) throw ProcessRefusal(call, -result.toInt())
        return result
    }

    private companion object {
        const val OWN = 0L
        const val MAP_BYTES = 1 shl 16
        const val LOWEST = 0x1_0000L
        const val HIGHEST_X86 = 0x7fff_ffff_efffL
        const val HIGHEST_ARM = 0xffff_ffff_efffL

        // The stack begins up to 16 GiB below the top, and other processors have 4 KiB pages at least.
        const val NEAR_STACK = 1L shl 36

        // How often the map is looked at before that.
        const val RARE = 100

        // Numbers of Linux's headers: mman.h, fcntl.h, memfd.h.
        const val READ_WRITE = 0x1 or 0x2
        const val SHARED = 0x1
        const val PRIVATE = 0x2
        const val ANONYMOUS = 0x20
        const val FIXED_IF_FREE = 0x10_0000
        const val POPULATE_WRITE = 23
        const val FAILED = -1L
        const val MOST_ERRORS = 4095L
        const val CLOSE_ON_EXEC = 1L
        const val ALLOW_SEALING = 2L
        const val NEVER_EXECUTED = 8L
        const val ADD_SEALS = 1033L
        const val GET_SEALS = 1034L
        const val SEAL_SEAL = 1
        const val SEAL_SHRINK = 2
        const val NO_MEMORY = 12
        const val NO_SUCH_CALL = 38L
        const val BAD_ADDRESS = 14
        const val OPEN_FLAGS = 2 or 0x8_0000
        const val END = 2

        // Of /proc/<process>/stat, counted from behind the name; proc_pid_stat(5) has it as number 22.
        const val START_FIELD = 19
        const val NUMBERS = "\nNSpid:"
    }
}
