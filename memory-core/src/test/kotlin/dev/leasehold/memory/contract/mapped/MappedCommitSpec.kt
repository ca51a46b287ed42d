package dev.leasehold.memory.contract.mapped

import dev.leasehold.memory.Block
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MappedFileAccessException
import dev.leasehold.memory.MappedFileDamagedException
import dev.leasehold.memory.MappedFileFullException
import dev.leasehold.memory.MappedFileLimitException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.mapped.FileHeader
import dev.leasehold.memory.internal.mapped.FileLayout
import dev.leasehold.memory.internal.mapped.FileOpening
import dev.leasehold.memory.internal.platform.MappedFile
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.mapped.MappedCodec
import dev.leasehold.memory.mapped.MappedDictionary
import dev.leasehold.memory.mapped.MappedDurability
import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedOptions
import dev.leasehold.memory.mapped.MappedRef
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.memory.support.RecordedDisk
import dev.leasehold.memory.support.together
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.file.FileSystemException
import java.nio.file.Path
import java.nio.file.StandardOpenOption.WRITE
import java.util.UUID

/** What a file with commits is after the system has ended. */
class MappedCommitSpec : FunSpec() {
    private fun open(path: Path): MappedMemoryManager = MappedFiles.open(path, { durability = MappedDurability.COMMIT })

    private fun MappedMemoryManager.setRoot(name: String, value: Long) = allocate(64).use { block ->
        block.withSegment { it.setLong(0, value) }
        roots[name] = block
    }

    private fun MappedMemoryManager.root(name: String): Long? =
        roots.open(name)?.use { block -> block.withSegment { it.getLong(0) } }

    private fun MappedMemoryManager.setWord(name: String, value: Long) = roots.open(name)!!.use { block ->
        transaction { setWord(block, 0, value) }
    }

    /** Runs [before] with a file with commits, lets the system end, and runs [after]. */
    private fun withEnd(before: (MappedMemoryManager) -> Unit, after: (MappedMemoryManager) -> Unit) {
        MappedFiles.withPath { path ->
            val manager = open(path)
            before(manager)
            MappedFiles.kill(manager.session)
            RecordedDisk.openAfterRestart(path).use(after)
            MappedMemory.verify(path).faults.shouldBeEmpty()
        }
    }

    init {
        test("after the end of the system a file has what was committed, and nothing since") {
            withEnd(
                { manager ->
                    val map = MappedDictionary.open(manager, "map", MappedCodec.STRING, MappedCodec.LONG)
                    manager.setRoot("kept", 1)
                    manager.setRoot("replaced", 2)
                    manager.setRoot("removed", 3)
                    manager.setUserWord(3, 33)
                    map["kept"] = 4
                    map["removed"] = 5
                    manager.commit()
                    manager.setRoot("replaced", 20)
                    manager.roots.remove("removed")
                    manager.setRoot("new", 6)
                    manager.setWord("kept", 10)
                    manager.setUserWord(3, 34)
                    map["kept"] = 40
                    map.remove("removed")
                    map["new"] = 7
                },
                { manager ->
                    val map = MappedDictionary.open(manager, "map", MappedCodec.STRING, MappedCodec.LONG)
                    manager.root("kept") shouldBe 1
                    manager.root("replaced") shouldBe 2
                    manager.root("removed") shouldBe 3
                    manager.root("new").shouldBeNull()
                    manager.userWord(3) shouldBe 33
                    map["kept"] shouldBe 4
                    map["removed"] shouldBe 5
                    map.size shouldBe 2
                },
            )
        }

        test("a word that a transaction sets has the committed value in each of several commits") {
            for (commits in 0..3) {
                withEnd(
                    { manager ->
                        manager.setRoot("block", 100)
                        manager.commit()
                        for (value in 1L..3) {
                            manager.setWord("block", value)
                            if (value <= commits) manager.commit()
                        }
                    },
                    { it.root("block") shouldBe if (commits == 0) 100 else commits },
                )
            }
        }

        test("a killed process loses nothing, committed or not") {
            MappedFiles.withPath { path ->
                val manager = open(path)
                manager.setRoot("root", 1)
                manager.commit()
                manager.setRoot("root", 2)
                MappedFiles.kill(manager.session)
                open(path).use { it.root("root") shouldBe 2 }
            }
        }

        test("to close a manager commits") {
            MappedFiles.withPath { path ->
                open(path).use { it.setRoot("root", 1) }
                RecordedDisk.openAfterRestart(path).use { it.root("root") shouldBe 1 }
            }
        }

        test("a file that never was committed is empty after the end of the system") {
            withEnd({ it.setRoot("root", 1) }, { it.roots.names.shouldBeEmpty() })
        }

        test("what is committed by one process is safe whatever another does") {
            MappedFiles.withPath { path ->
                val one = open(path)
                val other = open(path)
                one.setRoot("one", 1)
                other.setRoot("other", 2)
                one.commit()
                other.setRoot("one", 10)
                MappedFiles.kill(one.session)
                other.setRoot("late", 3)
                MappedFiles.kill(other.session)
                RecordedDisk.openAfterRestart(path).use { manager ->
                    manager.roots.names.sorted() shouldBe listOf("one", "other")
                    manager.root("one") shouldBe 1
                    manager.root("other") shouldBe 2
                }
            }
        }

        test("the bytes of a block that was unlinked stay until the next commit") {
            withEnd(
                { manager ->
                    manager.setRoot("root", 1)
                    manager.commit()
                    val old = manager.roots["root"]
                    manager.roots.remove("root")
                    manager.find(old).shouldBeNull()
                    repeat(2_000) { manager.setRoot("other", 2) }
                },
                { it.root("root") shouldBe 1 },
            )
            MappedFiles.withPath { path ->
                open(path).use { manager ->
                    repeat(3_000) {
                        manager.setRoot("root", 1)
                        if (it % 100 == 0) manager.commit()
                    }
                    // Else each of them would have a place of its own.
                    manager.commit()
                    manager.trim()
                    MappedMemory.verify(path).blocks shouldBe 1
                    manager.size shouldBe 320.KiB
                }
            }
        }

        test("a journal that is full is replaced by one with what counts") {
            MappedFiles.withPath { path ->
                val manager = open(path)
                val map = MappedDictionary.open(manager, "map", MappedCodec.LONG, MappedCodec.LONG)
                val first = manager.session.words.get(FileLayout.JOURNAL)
                for (round in 0L..5) {
                    for (key in 0L..2_000) map[key] = key + round
                    manager.setWordOfOwnBlock(round)
                    if (round % 2 == 0L) manager.commit()
                }
                manager.session.words.get(FileLayout.JOURNAL) shouldNotBe first
                MappedFiles.faults(manager.session).shouldBeEmpty()
                MappedFiles.kill(manager.session)
                RecordedDisk.openAfterRestart(path).use { again ->
                    val found = MappedDictionary.open(again, "map", MappedCodec.LONG, MappedCodec.LONG)
                    found.size shouldBe 2_001
                    for (key in 0L..2_000) found[key] shouldBe key + 4
                    again.root("own") shouldBe 4
                }
            }
        }

        test("a file without room for another journal refuses the change, and goes on when there is some") {
            MappedFiles.withPath { path ->
                val small: MappedOptions.() -> Unit = {
                    durability = MappedDurability.COMMIT
                    maxSize = 512.KiB
                }
                MappedFiles.open(path, small).use { manager ->
                    val blocks = ArrayList<Block>()
                    shouldThrow<MappedFileFullException> { while (true) blocks.add(manager.allocate(30_000)) }
                    var sets = 0L
                    shouldThrow<MappedFileFullException> {
                        while (true) manager.setUserWord(0, ++sets)
                    }.message shouldBe "the journal of the file $path needs 65,760 bytes, and the file cannot " +
                        "become longer: unlink blocks and commit, make room on the disk, or make a file with a " +
                        "larger maxSize"
                    manager.userWord(0) shouldBe sets - 1
                    blocks.forEach { it.close() }
                    manager.trim()
                    manager.setUserWord(0, -1)
                    manager.commit()
                    manager.userWord(0) shouldBe -1
                }
            }
        }

        test("so many words of old blocks can be set first between two commits, and no more") {
            MappedFiles.withPath { path ->
                open(path).use { manager ->
                    manager.allocate(16_000).use { manager.roots["block"] = it }
                    manager.commit()
                    manager.roots.open("block")!!.use { block ->
                        manager.transaction { for (at in 0L..<1000) setWord(block, at * 8, 1) }
                        val refusal = shouldThrow<MappedFileLimitException> {
                            manager.transaction { for (at in 1000L..<1100) setWord(block, at * 8, 1) }
                        }
                        refusal.message shouldBe
                            "the file $path can have no more than 1024 words of blocks set first " +
                            "between two commits: commit earlier"
                        block.withSegment { it.getLong(8_000) } shouldBe 0
                        manager.commit()
                        manager.transaction { for (at in 1000L..<1100) setWord(block, at * 8, 1) }
                    }
                }
            }
        }

        test("the size of a linked block is the committed one") {
            withEnd(
                { manager ->
                    for ((name, size) in listOf("small" to 1_000L, "large" to 100_000L)) {
                        manager.allocate(size).use { manager.roots[name] = it }
                    }
                    manager.commit()
                    manager.roots.open("small")!!.resize(500).close()
                    manager.roots.open("large")!!.resize(99_900).close()
                },
                { manager ->
                    manager.roots.open("small")!!.use { it.size shouldBe 1_000 }
                    manager.roots.open("large")!!.use { it.size shouldBe 100_000 }
                },
            )
        }

        test("many threads change and commit, and the file is whole") {
            MappedFiles.withPath { path ->
                val manager = open(path)
                val map = MappedDictionary.open(manager, "map", MappedCodec.LONG, MappedCodec.LONG)
                together(4) { worker ->
                    for (round in 0L..<200) {
                        map[worker * 1_000L + round % 50] = round
                        manager.setRoot("root $worker", round)
                        if (round % 20 == 0L) manager.commit()
                    }
                }
                manager.commit()
                MappedFiles.kill(manager.session)
                RecordedDisk.openAfterRestart(path).use { again ->
                    for (worker in 0..3) again.root("root $worker") shouldBe 199
                    val found = MappedDictionary.open(again, "map", MappedCodec.LONG, MappedCodec.LONG)
                    found.size shouldBe 200
                    for (worker in 0L..3) for (key in 0L..<50) found[worker * 1_000 + key] shouldBe 150 + key
                }
                MappedMemory.verify(path).faults.shouldBeEmpty()
            }
        }

        test("after a commit that the disk refused there is none, and the file is as at the one before") {
            MappedFiles.withPath { path ->
                var isRefusing = false
                val platform = object : Platform by Platform.current {
                    override fun openFile(path: Path, mode: MappedFile.Mode): MappedFile {
                        val file = Platform.current.openFile(path, mode)
                        return object : MappedFile by file {
                            override fun force(bytes: Long) {
                                if (isRefusing) throw FileSystemException("$path", null, "msync: errno 5")
                                file.force(bytes)
                            }
                        }
                    }
                }
                val options = MappedOptions().apply { durability = MappedDurability.COMMIT }
                val opening = FileOpening(path, platform)
                val manager = MappedMemoryManager.make(path, options, { openOrCreate(it.form) }, opening)
                manager.setRoot("root", 1)
                manager.commit()
                manager.setRoot("root", 2)
                isRefusing = true
                shouldThrow<MappedFileAccessException> { manager.commit() }.message shouldBe
                    "the system refused a call for the file $path: msync: errno 5"
                isRefusing = false
                // The system says that all is well, as it has forgotten what it could not write.
                shouldThrow<MappedFileAccessException> { manager.commit() }.message shouldBe
                    "a commit of the file $path was refused by the disk, and what it has of the file since is not " +
                    "known: make a copy of what is needed, and look at the disk"
                manager.root("root") shouldBe 2
                MappedFiles.kill(manager.session)
                RecordedDisk.openAfterRestart(path).use { it.root("root") shouldBe 1 }
            }
        }

        test("a commit is two writes to the disk") {
            MappedFiles.withPath { path ->
                val disk = RecordedDisk()
                disk.open(path, UUID(1, 1)) {
                    durability = MappedDurability.COMMIT
                    maxSize = 4.MiB
                    maxSessions = 2
                }.use { manager ->
                    manager.setRoot("root", 1)
                    val before = disk.writes
                    manager.commit()
                    disk.writes - before shouldBe 2
                }
            }
        }

        test("a journal with other entries than were committed is refused") {
            MappedFiles.withPath { path ->
                val at = open(path).use { manager ->
                    manager.setRoot("root", 1)
                    val span = manager.session.words.get(FileLayout.JOURNAL) - 1
                    manager.session.layout.spanAt(span) + FileLayout.PAGE
                }
                putWord(path, at + 24, 0x1234)
                MappedMemory.verify(path).faults.map { "$it" } shouldBe
                    listOf("at ${"%,d".format(at)}: the journal has other entries than were committed")
                val refusal = shouldThrow<MappedFileDamagedException> { RecordedDisk.openAfterRestart(path) }
                refusal.message shouldBe
                    "the file $path is damaged at $at: the journal of its last commit is not what " +
                    "was written, so what a failure of the power left cannot be put in order"
                refusal.offset shouldBe at
            }
        }

        test("a header whose writing was cut short leaves the commit before") {
            MappedFiles.withPath { path ->
                val manager = open(path)
                manager.setRoot("root", 1)
                manager.commit()
                manager.setRoot("root", 2)
                manager.commit()
                val newest = listOf(0L, FileLayout.HEADER_B).maxBy {
                    manager.session.words.get(it + FileLayout.CHANGES_AT)
                }
                MappedFiles.kill(manager.session)
                putWord(path, newest + FileLayout.EPOCH_AT, 77)
                FileHeader.BYTES shouldBeGreaterThan newest
                RecordedDisk.openAfterRestart(path).use { it.root("root") shouldBe 1 }
            }
        }

        test("a reference from before the end of the system does not lead to another block") {
            MappedFiles.withPath { path ->
                val manager = open(path)
                manager.setRoot("kept", 1)
                manager.commit()
                val refs = ArrayList<MappedRef>()
                repeat(20) {
                    manager.setRoot("lost", 2)
                    refs.add(manager.roots["lost"])
                }
                MappedFiles.kill(manager.session)
                RecordedDisk.openAfterRestart(path).use { again ->
                    val blocks = List(100) { again.allocate(64) }
                    again.transaction { blocks.forEach { link(it) } }
                    for (ref in refs) again.find(ref).shouldBeNull()
                    blocks.forEach { it.close() }
                    again.find(again.roots["kept"]).shouldNotBeNull().close()
                }
            }
        }

        test("the file grows no more than twice by what a commit needs of the journal") {
            MappedFiles.withPath { path ->
                open(path).use { manager ->
                    repeat(50_000) { manager.setUserWord(it % 100, it.toLong()) }
                    (manager.size / 64.KiB).toInt() shouldBeLessThanOrEqual 9
                }
            }
        }
    }

    private fun MappedMemoryManager.setWordOfOwnBlock(round: Long) {
        if (round == 0L) setRoot("own", 0) else setWord("own", round)
    }

    private fun putWord(path: Path, offset: Long, value: Long) {
        FileChannel.open(path, WRITE).use { it.write(ByteBuffer.allocate(8).putLong(0, value), offset) }
    }
}
