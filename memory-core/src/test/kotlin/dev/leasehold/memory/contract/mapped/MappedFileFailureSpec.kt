package dev.leasehold.memory.contract.mapped

import dev.leasehold.memory.Block
import dev.leasehold.memory.MappedFileAccessException
import dev.leasehold.memory.MappedFileDamagedException
import dev.leasehold.memory.MappedFileException
import dev.leasehold.memory.MappedFileFormatException
import dev.leasehold.memory.MappedFileFullException
import dev.leasehold.memory.MappedFileSessionsException
import dev.leasehold.memory.MappedFileTruncatedException
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.mapped.FileLayout
import dev.leasehold.memory.internal.mapped.FileOpening
import dev.leasehold.memory.internal.mapped.StateWord
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedOptions
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.memory.support.SmallFileSystem
import dev.leasehold.memory.support.quietly
import dev.leasehold.memory.support.together
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption.WRITE
import java.util.UUID
import java.util.zip.CRC32C

class MappedFileFailureSpec : FunSpec() {
    private val layout = FileLayout(MAX_SPANS, MAX_SESSIONS)

    private fun opened(
        path: Path,
        configure: MappedOptions.() -> Unit = {
        },
    ): MappedMemoryManager = MappedFiles.open(path, {
        maxSize = MAX_SPANS * FileLayout.SPAN
        maxSessions = MAX_SESSIONS
        configure()
    })

    /** Makes a file with blocks of several kinds. */
    private fun make(path: Path) {
        opened(path).use(::fill)
    }

    private fun fill(manager: MappedMemoryManager) {
        for (size in longArrayOf(100, 1_000, 5_000, 300_000)) {
            manager.allocate(size).use { manager.roots["$size"] = it }
        }
    }

    private fun words(path: Path): ByteBuffer = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN)

    private fun change(path: Path, action: ByteBuffer.() -> Unit) {
        Files.write(path, words(path).apply(action).array())
    }

    private fun ByteBuffer.flip(offset: Long, bits: Int = 1) {
        put(offset.toInt(), (get(offset.toInt()).toInt() xor bits).toByte())
    }

    private fun ByteBuffer.setHeader(offset: Long, value: Long) {
        for (header in longArrayOf(0, FileLayout.HEADER_B)) {
            putLong((header + offset).toInt(), value)
            val from = (header + FileLayout.VERSION_AT).toInt()
            val until = (header + FileLayout.CHECKSUM_AT).toInt()
            putLong(until, CRC32C().apply { update(slice(from, until - from)) }.value)
        }
    }

    /** Has [action] fail in the file [path], which it must not change; returns the failure. */
    private inline fun <reified T : MemoryException> refusal(path: Path, action: () -> Unit): T {
        val before = Files.readAllBytes(path)
        val failure = shouldThrow<T>(action)
        Files.readAllBytes(path).contentEquals(before) shouldBe true
        if (failure is MappedFileException) failure.path shouldBe path
        return failure
    }

    private fun refuseAllOpenings(path: Path, message: String) {
        refusal<MappedFileFormatException>(path) { MappedMemoryManager.open(path) }.message shouldBe message
        refusal<MappedFileFormatException>(path) { MappedMemoryManager.openOrCreate(path) }.message shouldBe message
        refusal<MappedFileFormatException>(path) { MappedMemoryManager.openReadOnly(path) }.message shouldBe message
        refusal<MappedFileFormatException>(path) { MappedMemory.verify(path) }.message shouldBe message
    }

    private fun openAfterRestart(path: Path): MappedMemoryManager {
        val restarted = object : Platform by Platform.current {
            override val bootId = UUID(1, 2)
        }
        return MappedMemoryManager.make(path, MappedOptions(), { open(it.growth) }, FileOpening(path, restarted))
    }

    init {
        test("a file that is not ours is refused") {
            MappedFiles.withPath { path ->
                Files.write(path, ByteArray(20_000) { it.toByte() })
                refuseAllOpenings(
                    path,
                    "the file $path is no Leasehold file, or its making was not finished: it does not begin with LHMAPPED",
                )
                Files.write(path, ByteArray(100) { 1 })
                refuseAllOpenings(path, "the file $path is no Leasehold file: it is too short")
            }
        }

        test("an empty file is refused, and made when it may be") {
            MappedFiles.withPath { path ->
                Files.createFile(path)
                val message = "the file $path is no Leasehold file: it is too short"
                refusal<MappedFileFormatException>(path) { MappedMemoryManager.open(path) }.message shouldBe message
                refusal<MappedFileFormatException>(path) { MappedMemoryManager.openReadOnly(path) }.message shouldBe
                    message
                refusal<MappedFileFormatException>(path) { MappedMemory.verify(path) }.message shouldBe message
                make(path)
                MappedMemory.verify(path).faults.shouldBeEmpty()
            }
        }

        test("a file whose making was not finished is refused, and made when it may be") {
            MappedFiles.withPath { path ->
                make(path)
                change(path) {
                    put(0, "LHMAKING".toByteArray())
                    putLong(FileLayout.HEADER_B.toInt(), 0)
                }
                refusal<MappedFileFormatException>(path) { MappedMemoryManager.open(path) }.message shouldBe
                    "the file $path is no Leasehold file, or its making was not finished: it does not begin with LHMAPPED"
                opened(path).use { it.roots.names.shouldBeEmpty() }
                MappedMemory.verify(path).faults.shouldBeEmpty()
            }
        }

        test("a file of a newer version is refused") {
            MappedFiles.withPath { path ->
                make(path)
                change(path) { setHeader(FileLayout.VERSION_AT, 2) }
                refuseAllOpenings(
                    path,
                    "the file $path is of version 2, and this library reads version 1: use a newer one",
                )
            }
        }

        test("a file of another page size is refused") {
            MappedFiles.withPath { path ->
                make(path)
                change(path) { setHeader(FileLayout.PAGE_AT, 16_384) }
                refuseAllOpenings(path, "the file $path has pages of 16384 bytes, and this library's have 4096")
            }
        }

        test("a file that says to have what no file can have is refused") {
            MappedFiles.withPath { path ->
                make(path)
                change(path) { setHeader(FileLayout.MAX_SPANS_AT, 0) }
                refuseAllOpenings(path, "the file $path says that it may have 0 spans, which no file can")
                change(path) {
                    setHeader(FileLayout.MAX_SPANS_AT, MAX_SPANS)
                    setHeader(FileLayout.MAX_SESSIONS_AT, 255)
                }
                refuseAllOpenings(path, "the file $path says that it has 255 sessions")
            }
        }

        test("one damaged header does no harm, and two are refused") {
            MappedFiles.withPath { path ->
                for (header in longArrayOf(0, FileLayout.HEADER_B)) {
                    MappedMemoryManager.delete(path)
                    make(path)
                    change(path) { flip(header + FileLayout.MAX_SPANS_AT) }
                    opened(path).use { it.roots.names.size shouldBe 4 }
                }
                change(path) { flip(FileLayout.CHECKSUM_AT) }
                refuseAllOpenings(
                    path,
                    "the file $path is damaged: the checksums of both headers, at 0 and 4096, are wrong",
                )
            }
        }

        test("a file that is shorter than it says is refused") {
            MappedFiles.withPath { path ->
                make(path)
                val spans = words(path).getLong(FileLayout.SPANS.toInt())
                val whole = layout.spanAt(spans)
                for ((length, expected) in listOf(whole - 1 to whole, layout.firstSpan - 1 to layout.firstSpan)) {
                    FileChannel.open(path, WRITE).use { it.truncate(length) }
                    val openings = listOf(
                        { MappedMemoryManager.open(path).close() },
                        { MappedMemoryManager.openOrCreate(path).close() },
                        { MappedMemoryManager.openReadOnly(path).close() },
                        { MappedMemory.verify(path).size },
                    )
                    for (opening in openings) {
                        val failure = refusal<MappedFileTruncatedException>(path) { opening() }
                        failure.message shouldBe
                            "the file $path has $length bytes and must have $expected: someone has " +
                            "cut it off. Restore it from a copy"
                        failure.expected shouldBe expected
                        failure.actual shouldBe length
                    }
                }
            }
        }

        test("a file that is missing, or is there already, is refused") {
            MappedFiles.withPath { path ->
                fun message(action: () -> Unit) = shouldThrow<MappedFileAccessException>(action).message
                message { MappedMemoryManager.open(path) } shouldBe "the file $path cannot be opened: there is none"
                message { MappedMemoryManager.openReadOnly(path) } shouldBe
                    "the file $path cannot be read: there is none"
                message { MappedMemory.verify(path) } shouldBe "the file $path cannot be read: there is none"
                MappedMemoryManager.delete(path) shouldBe false
                Files.exists(path) shouldBe false
                make(path)
                refusal<MappedFileAccessException>(path) { MappedMemoryManager.create(path) }.message shouldBe
                    "the file $path cannot be made: it is there already"
                val nowhere = path.resolveSibling("nowhere").resolve("file")
                message { MappedMemoryManager.create(nowhere) } shouldBe
                    "the file $nowhere cannot be made: there is none"
            }
        }

        test("a folder or a file that cannot be written is refused").config(enabled = SmallFileSystem.canMount) {
            SmallFileSystem.mount(4 shl 20).use { disk ->
                val path = disk.folder.resolve("file")
                make(path)
                disk.makeReadOnly()
                val why = "open: the file system is read-only"
                refusal<MappedFileAccessException>(path) { MappedMemoryManager.open(path) }.message shouldBe
                    "the file $path cannot be opened: $why"
                refusal<MappedFileAccessException>(path) { MappedMemoryManager.openOrCreate(path) }.message shouldBe
                    "the file $path cannot be opened: $why"
                val other = disk.folder.resolve("other")
                shouldThrow<MappedFileAccessException> { MappedMemoryManager.create(other) }.message shouldBe
                    "the file $other cannot be made: $why"
                Files.exists(other) shouldBe false
                shouldThrow<MappedFileAccessException> { MappedMemoryManager.delete(path) }.path shouldBe path
                MappedMemoryManager.openReadOnly(path).use { it.roots.names.size shouldBe 4 }
                MappedMemory.verify(path).faults.shouldBeEmpty()
            }
        }

        test("a file whose sessions are all taken is refused") {
            MappedFiles.withPath { path ->
                opened(path).use {
                    opened(path).use {
                        val failure = refusal<MappedFileSessionsException>(path) { MappedMemoryManager.open(path) }
                        failure.message shouldBe "all 2 sessions of the file $path are open, in the processes " +
                            "${ProcessHandle.current().pid()}: close one, or make a file with a larger maxSessions"
                        failure.limit shouldBe 2
                    }
                    opened(path).close()
                }
            }
        }

        test("figures that no file can have are refused, and no file is made") {
            val most = "1,099,511,627,776 bytes"
            val largest = "the largest size of a file must be between 65,536 bytes and $most, and was"
            val sessions = "a file has between 1 and 254 sessions, and"
            val cases = listOf<Pair<MappedOptions.() -> Unit, String>>(
                { o: MappedOptions -> o.maxSize = 65_535 } to "$largest 65,535 bytes",
                { o: MappedOptions -> o.maxSize = (1L shl 40) + 1 } to "$largest 1,099,511,627,777 bytes",
                { o: MappedOptions -> o.size = -1 } to
                    "the size of a file must be between 0 and its largest of 68,719,476,736 bytes, and was -1 bytes",
                { o: MappedOptions ->
                    o.maxSize = 1.MiB
                    o.size = 2.MiB
                } to "the size of a file must be between 0 and its largest of 1,048,576 bytes, and was 2,097,152 bytes",
                { o: MappedOptions -> o.growth = -1 } to "the growth in bytes must not be below 0, and was -1",
                { o: MappedOptions -> o.maxSessions = 0 } to "$sessions 0 were requested",
                { o: MappedOptions -> o.maxSessions = 255 } to "$sessions 255 were requested",
                { o: MappedOptions -> o.checked = true } to
                    "blocks in a file have no guard bytes, as other processes use them too: leave checked = false",
            )
            MappedFiles.withPath { path ->
                for ((configure, message) in cases) {
                    val makings = listOf(
                        { MappedMemoryManager.create(path, configure) },
                        { MappedMemoryManager.openOrCreate(path, configure) },
                        { MappedMemoryManager.open(path, configure) },
                    )
                    for (making in makings) {
                        shouldThrow<MemoryConfigurationException> { making() }.message shouldBe
                            "manager 'file': $message"
                    }
                    Files.exists(path) shouldBe false
                }
            }
        }

        test("a first size and a largest size that are no multiples of a span are rounded towards each other") {
            MappedFiles.withPath { path ->
                opened(path) {
                    size = 100_000
                    maxSize = 100_000
                }.use {
                    it.size shouldBe 65_536
                    it.maxSize shouldBe 65_536
                }
            }
        }

        test("a file that has reached its largest size says so, and goes on when there is room again") {
            MappedFiles.withPath { path ->
                opened(path).use { manager ->
                    val blocks = ArrayList<Block>()
                    val failure =
                        shouldThrow<MappedFileFullException> { while (true) blocks.add(manager.allocate(100_000)) }
                    failure.message shouldBe
                        "manager 'file': 100,000 bytes requested, and the file $path has reached its " +
                        "largest size of 1,048,576 bytes: close or unlink blocks, or make a file with a larger maxSize"
                    failure.path shouldBe path
                    blocks.size shouldBe 8
                    blocks.removeLast().close()
                    manager.allocate(100_000).close()
                    blocks.forEach(Block::close)
                }
                MappedMemory.verify(path).faults.shouldBeEmpty()
            }
        }

        test(
            "a full disk is refused, and goes on when there is room again",
        ).config(enabled = SmallFileSystem.canMount) {
            SmallFileSystem.mount(1 shl 20).use { disk ->
                val other = disk.folder.resolve("other")
                val path = disk.folder.resolve("file")
                Files.write(other, ByteArray(1_000_000))
                val full = "fallocate: no space left on the disk"
                shouldThrow<MappedFileAccessException> { opened(path) }.message shouldBe
                    "the file $path cannot be made: $full"
                Files.exists(path) shouldBe false
                Files.write(other, ByteArray(300_000))
                opened(path).use { manager -> fillDisk(manager, path, other) }
                MappedMemory.verify(path).faults.shouldBeEmpty()
            }
        }

        test("after a restart of the system a damaged word is found, and a clean file opens") {
            MappedFiles.withPath { path ->
                make(path)
                openAfterRestart(path).use { it.roots.names.size shouldBe 4 }
                val at = opened(path).use { manager ->
                    manager.roots.open("100").shouldNotBeNull().use { manager.placeOf(manager.roots["100"])!!.state }
                }
                change(path) { putLong(at.toInt(), StateWord.free(1)) }
                val fault = "a root leads to a block that is not linked, or of another generation"
                val failure = refusal<MappedFileDamagedException>(path) { openAfterRestart(path) }
                failure.message shouldBe
                    "the file $path is damaged at $at: $fault; 1 faults in all, see MappedMemory.verify"
                failure.offset shouldBe at
                MappedMemory.verify(path).faults.map { it.what } shouldBe listOf(fault)
            }
        }

        test("a lock that names no session is taken") {
            MappedFiles.withPath { path ->
                make(path)
                for (word in longArrayOf(1, 0x1234_5601, 0x1234_56ff, -1)) {
                    change(path) { putLong(FileLayout.LINK_LOCK.toInt(), word) }
                    together(1, seconds = 60) { opened(path).use { it.roots.remove("$word") } }
                }
            }
        }

        test("a file with any byte changed opens or is refused, and is looked at to the end") {
            MappedFiles.withPath { path ->
                make(path)
                flipAll(path, Files.readAllBytes(path), isLeft = true).shouldBeEmpty()
            }
        }

        test("a file that a killed process left, with any byte changed, opens or is refused") {
            MappedFiles.withPath { path ->
                val manager = opened(path)
                fill(manager)
                val blocks = List(20) {
                    manager.allocate(
                        longArrayOf(90, 900, 4_500, 60_000)[
                            if (it ==
                                7
                            ) {
                                3
                            } else {
                                it % 3
                            },
                        ],
                    )
                }
                val left = Files.readAllBytes(path)
                blocks.forEach(Block::close)
                manager.close()
                flipAll(path, left, isLeft = false).shouldBeEmpty()
            }
        }
    }

    private fun fillDisk(manager: MappedMemoryManager, path: Path, other: Path) {
        val blocks = ArrayList<Block>()
        quietly(1) {
            val failure = shouldThrow<MappedFileFullException> { while (true) blocks.add(manager.allocate(60_000)) }
            failure.message shouldBe
                "manager 'file': 60,000 bytes requested, and the disk refused to make the file $path " +
                "longer (fallocate: no space left on the disk): make room on the disk, or close blocks"
        }
        val size = manager.size
        Files.size(path) shouldBe layout.firstSpan + size
        Files.delete(other)
        blocks.add(manager.allocate(60_000))
        blocks.forEach(Block::close)
    }

    /** Where a byte is changed: in what makes a file, and in all kinds of words of it. */
    private fun offsets(file: ByteBuffer): List<Long> {
        val spans = file.getLong(FileLayout.SPANS.toInt())
        val headers = listOf(0L, FileLayout.HEADER_B).flatMap { it until it + 48 } + (4_088L until 4_096)
        val live =
            (FileLayout.SPANS until FileLayout.SPANS + 200) + (FileLayout.USER_WORDS until FileLayout.USER_WORDS + 8)
        val sessions = layout.session(1) until layout.session(1) + 40
        val lanes = layout.lane(1) until layout.lane(1) + 96
        val holds = layout.holdsOf(1) until layout.holdsOf(1) + 32
        val roots = layout.root(0) until layout.root(0) + 2 * FileLayout.ROOT_BYTES
        val table = layout.spanWord(0) until layout.spanWord(spans)
        val heads = (0 until spans).flatMap { layout.spanAt(it) until layout.spanAt(it) + 64 + 4 * Long.SIZE_BYTES }
        return headers + live + sessions + lanes + holds + roots + table + heads
    }

    private fun flipAll(path: Path, whole: ByteArray, isLeft: Boolean): List<String> {
        val faults = ArrayList<String>()
        together(1, seconds = 300) {
            for (offset in offsets(ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN))) {
                val changed = whole.copyOf()
                ByteBuffer.wrap(changed).flip(offset, FLIPS[(offset % FLIPS.size).toInt()])
                Files.write(path, changed)
                val actions = listOf<() -> Unit>(
                    { MappedMemory.verify(path).toString() },
                    { MappedMemoryManager.openReadOnly(path).close() },
                    { openAfterRestart(path).close() },
                    { MappedMemoryManager.open(path).close() },
                )
                for (action in actions) faultOf(path, changed, isLeft, action)?.let { faults.add("$offset: $it") }
            }
        }
        return faults
    }

    private fun faultOf(path: Path, before: ByteArray, isLeft: Boolean, action: () -> Unit): String? = try {
        action()
        null
    } catch (_: MappedFileException) {
        val isSame = !isLeft || Files.readAllBytes(path).contentEquals(before)
        if (isSame) null else "refused, and the file was changed"
    } catch (failure: Throwable) {
        "$failure ${failure.stackTrace.firstOrNull()}"
    }

    private companion object {
        const val MAX_SPANS = 16L
        const val MAX_SESSIONS = 2
        val FLIPS = intArrayOf(1, 0xff, 0x80, 0x10, 8)
    }
}
