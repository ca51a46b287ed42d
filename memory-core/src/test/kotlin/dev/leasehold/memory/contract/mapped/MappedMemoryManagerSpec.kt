package dev.leasehold.memory.contract.mapped

import dev.leasehold.memory.Block
import dev.leasehold.memory.GiB
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MappedFileLimitException
import dev.leasehold.memory.MappedFileReadOnlyException
import dev.leasehold.memory.MappedReferenceException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.ReadOnlySegmentException
import dev.leasehold.memory.allocate
import dev.leasehold.memory.mapped.MappedCodec
import dev.leasehold.memory.mapped.MappedDictionary
import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedRef
import dev.leasehold.memory.mapped.MappedRing
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.memory.support.together
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import java.nio.file.FileSystemException
import java.nio.file.Files
import java.nio.file.Path

class MappedMemoryManagerSpec : FunSpec() {
    private fun <R> opened(path: Path, action: (MappedMemoryManager) -> R): R = MappedFiles.open(path).use(action)

    private fun Block.mark(value: Long) = withSegment { it.setLong(0, value) }

    private fun Block.mark(): Long = withSegment { it.getLong(0) }

    init {
        test("a block with a root is there when the file is opened again, and one without is not") {
            MappedFiles.withPath { path ->
                val lost = opened(path) { manager ->
                    manager.allocate(100).use {
                        it.mark(42)
                        manager.roots["answer"] = it
                    }
                    manager.allocate(100).use { manager.referenceTo(it) }
                }
                opened(path) { manager ->
                    manager.roots.names shouldBe listOf("answer")
                    manager.roots.open("answer").shouldNotBeNull().use {
                        it.size shouldBe 100
                        it.mark() shouldBe 42
                    }
                    manager.find(lost).shouldBeNull()
                    manager.roots.open("question").shouldBeNull()
                }
                MappedMemory.verify(path).faults.shouldBeEmpty()
                MappedMemory.verify(path).blocks shouldBe 1
            }
        }

        test("blocks of every size have their size again") {
            val sizes =
                listOf<Long>(1, 15, 16, 17, 100, 1000, 1024, 1025, 4096, 5000, 20_000, 32_768, 32_769, 1_000_000)
            MappedFiles.withPath { path ->
                opened(path) { manager ->
                    for (size in sizes) {
                        manager.allocate(size).use { block ->
                            block.withSegment { for (at in 0 until size) it.setByte(at, (size + at).toByte()) }
                            manager.roots["$size"] = block
                        }
                    }
                }
                opened(path) { manager ->
                    for (size in sizes) {
                        manager.roots.open("$size").shouldNotBeNull().use { block ->
                            block.size shouldBe size
                            block.withSegment { for (at in 0 until size) it.getByte(at) shouldBe (size + at).toByte() }
                        }
                    }
                }
            }
        }

        test("a reference leads to the same block at another address") {
            MappedFiles.withPath { path ->
                val (ref, address) = opened(path) { manager ->
                    manager.allocate(64).use {
                        it.mark(7)
                        manager.roots["here"] = it
                        manager.referenceTo(it) to it.address
                    }
                }
                opened(path) { first ->
                    // The first takes the place in the address space, so the second has to have another.
                    opened(path) { second ->
                        val blocks = listOf(first, second).map { it.find(ref).shouldNotBeNull() }
                        blocks.map { it.mark() } shouldBe listOf(7L, 7L)
                        blocks[0].address shouldNotBe blocks[1].address
                        blocks.any { it.address != address } shouldBe true
                        blocks[0].mark(8)
                        blocks[1].mark() shouldBe 8
                        blocks.forEach(Block::close)
                    }
                }
            }
        }

        test("what an action throws comes out as it is, also where it is of files") {
            MappedFiles.withPath { path ->
                opened(path) { manager ->
                    val mine = FileSystemException("another", null, "mine")
                    shouldThrow<FileSystemException> { manager.transaction { throw mine } } shouldBe mine
                    val map = MappedDictionary.open(manager, "map", MappedCodec.LONG, MappedCodec.LONG)
                    shouldThrow<FileSystemException> { map.compute(1) { throw mine } } shouldBe mine
                    val ring = MappedRing.open(manager, "ring", 1024)
                    shouldThrow<FileSystemException> { ring.write(8) { throw mine } } shouldBe mine
                    ring.tryRead {} shouldBe false
                    map[1].shouldBeNull()
                    manager.allocate(1).close()
                }
            }
        }

        test("a block lives as long as a link leads to it or someone has it") {
            MappedFiles.withPath { path ->
                opened(path) { manager ->
                    val block = manager.allocate(64)
                    val ref = manager.referenceTo(block)
                    manager.find(ref).shouldBeNull()
                    manager.transaction { link(block) }
                    manager.transaction { link(ref) }
                    block.close()
                    val found = manager.find(ref).shouldNotBeNull()
                    manager.transaction { unlink(ref) }
                    manager.find(ref).shouldNotBeNull().close()
                    found.mark(3)
                    manager.transaction { unlink(ref) }
                    manager.find(ref).shouldBeNull()
                    // No link is left, but it is held.
                    found.mark() shouldBe 3
                    shouldThrow<MappedReferenceException> { manager.transaction { link(ref) } }.path shouldBe path
                    found.close()
                    manager.find(ref).shouldBeNull()
                }
                MappedMemory.verify(path).blocks shouldBe 0
            }
        }

        test("a block that another session holds stays when its last link goes") {
            MappedFiles.withPath { path ->
                opened(path) { first ->
                    opened(path) { second ->
                        first.allocate(64).use {
                            it.mark(5)
                            first.roots["shared"] = it
                        }
                        val held = second.roots.open("shared").shouldNotBeNull()
                        first.roots.remove("shared") shouldBe true
                        first.roots.remove("shared") shouldBe false
                        // Would be the first to be used again.
                        val others = List(100) { first.allocate(64).also { block -> block.mark(9) } }
                        held.mark() shouldBe 5
                        held.close()
                        others.forEach(Block::close)
                    }
                }
            }
        }

        test("a root is replaced, exchanged and compared as one") {
            MappedFiles.withPath { path ->
                opened(path) { manager ->
                    val blocks = List(3) { index -> manager.allocate(64).also { it.mark(index.toLong()) } }
                    val refs = blocks.map(manager::referenceTo)
                    manager.roots["a"] = blocks[0]
                    manager.roots["a"] = blocks[1]
                    manager.roots["a"] shouldBe refs[1]
                    manager.roots.compareAndSet("a", refs[0], blocks[2]) shouldBe false
                    manager.roots.compareAndSet("a", refs[1], blocks[2]) shouldBe true
                    manager.roots.compareAndSet("b", MappedRef.NONE, blocks[0]) shouldBe true
                    manager.transaction {
                        val a = root("a")
                        val b = root("b")
                        link(a)
                        setRoot("a", b)
                        setRoot("b", a)
                        unlink(a)
                    }
                    manager.roots["a"] shouldBe refs[0]
                    manager.roots["b"] shouldBe refs[2]
                    manager.roots.names shouldContainExactlyInAnyOrder listOf("a", "b")
                    blocks.forEach(Block::close)
                }
            }
        }

        test("a transaction that fails changes nothing") {
            MappedFiles.withPath { path ->
                opened(path) { manager ->
                    val block = manager.allocate(64)
                    manager.setUserWord(0, 11)
                    shouldThrow<IllegalStateException> {
                        manager.transaction {
                            setRoot("a", block)
                            setUserWord(0, 12)
                            userWord(0) shouldBe 12
                            error("no")
                        }
                    }
                    manager.userWord(0) shouldBe 11
                    manager.roots.names.shouldBeEmpty()
                    block.close()
                    val refusal = shouldThrow<MappedFileLimitException> {
                        manager.allocate(16.KiB).use { many ->
                            manager.transaction { for (at in 0L..1019) setWord(many, at * 8, at) }
                        }
                    }
                    refusal.message shouldBe "the file $path can have no more than 1019 words in a transaction"
                }
                MappedMemory.verify(path).blocks shouldBe 0
            }
        }

        test("the file grows on demand, other sessions see it, and its empty end goes back") {
            MappedFiles.withPath { path ->
                opened(path) { first ->
                    opened(path) { second ->
                        second.size shouldBe 64.KiB
                        val blocks = List(40) { index -> first.allocate(50_000).also { it.mark(index.toLong()) } }
                        second.size shouldBeGreaterThan 40 * 50_000L
                        first.roots["last"] = blocks.last()
                        second.roots.open("last").shouldNotBeNull().use { it.mark() shouldBe 39 }
                        first.roots.remove("last")
                        blocks.forEach(Block::close)
                        first.compact() shouldBe 0
                    }
                    val before = first.size
                    first.compact() shouldBe before
                    first.size shouldBe 0
                    first.allocate(50_000).use { it.mark(1) }
                }
            }
        }

        test("a file takes no more of the disk than it has made sure of") {
            MappedFiles.withPath { path ->
                MappedMemoryManager.create(path) { maxSize = 512.GiB }.use { it.size shouldBe 1.MiB }
                val blocks = Files.getAttribute(path, "unix:size") as Long
                blocks shouldBeGreaterThan 1.MiB
                val used = ProcessBuilder("du", "-k", "$path").start().inputReader().readText().substringBefore('\t')
                (used.toLong() < 2048) shouldBe true
            }
        }

        test("a manager that only reads finds what is there and changes nothing") {
            MappedFiles.withPath { path ->
                opened(path) { manager -> manager.allocate(64).use { manager.roots["a"] = it.also { b -> b.mark(6) } } }
                val before = Files.readAllBytes(path)
                MappedMemoryManager.openReadOnly(path).use { manager ->
                    manager.roots.open("a").shouldNotBeNull().use { block ->
                        block.mark() shouldBe 6
                        shouldThrow<ReadOnlySegmentException> { block.mark(7) }
                        shouldThrow<ReadOnlySegmentException> { block.keptSegment.setLong(0, 1) }
                        shouldThrow<MappedFileReadOnlyException> { block.resize(32) }
                    }
                    shouldThrow<MappedFileReadOnlyException> { manager.allocate(10) }.message shouldBe
                        "the file $path was opened to be read only: open it with MappedMemoryManager.open"
                    shouldThrow<MappedFileReadOnlyException> { manager.allocatePages(1) }
                    shouldThrow<MappedFileReadOnlyException> { manager.roots.remove("a") }
                    shouldThrow<MappedFileReadOnlyException> { manager.setUserWord(1, 1) }
                    shouldThrow<MappedFileReadOnlyException> { manager.compact() }
                }
                Files.readAllBytes(path).contentEquals(before) shouldBe true
            }
        }

        test("sessions and threads allocate, link, find and free at once, and nothing is lost") {
            MappedFiles.withPath { path ->
                opened(path) { first ->
                    opened(path) { second ->
                        val managers = listOf(first, second)
                        together(4) { worker ->
                            val manager = managers[worker % 2]
                            repeat(2_000) { round ->
                                val name = "root ${(worker + round) % 5}"
                                manager.allocate(100L + round % 2000).use { block ->
                                    block.mark(block.size)
                                    manager.roots[name] = block
                                }
                                manager.roots.open("root ${round % 5}")?.use { it.mark() shouldBe it.size }
                                if (round % 7 == 0) manager.roots.remove(name)
                            }
                        }
                        first.roots.names.forEach { first.roots.remove(it) }
                    }
                }
                val report = MappedMemory.verify(path)
                report.faults.shouldBeEmpty()
                report.blocks shouldBe 0
            }
        }

        test("blocks stay valid when their manager is closed, and the last one leaves the file") {
            MappedFiles.withPath { path ->
                val manager = MappedFiles.open(path)
                val block = manager.allocate(64)
                manager.allocate(64).use { manager.roots["a"] = it }
                val found = manager.roots.open("a").shouldNotBeNull()
                shouldThrow<OutstandingBlocksException> { manager.close() }.count shouldBe 2
                block.mark(1)
                MappedMemory.verify(path).sessions shouldBe 1
                block.close()
                found.mark(2)
                found.close()
                MappedMemory.verify(path).sessions shouldBe 0
            }
        }

        test("pages keep their number from one opening to the next") {
            MappedFiles.withPath { path ->
                val (id, ref) = opened(path) { manager ->
                    manager.allocatePages(3).use { run ->
                        run.mark(4)
                        manager.roots["pages"] = run
                        run.id to manager.referenceTo(run)
                    }
                }
                opened(path) { manager ->
                    manager.find(ref).shouldNotBeNull().use { it.mark() shouldBe 4 }
                    manager.findPages(id).shouldBeNull()
                }
            }
        }
    }
}
