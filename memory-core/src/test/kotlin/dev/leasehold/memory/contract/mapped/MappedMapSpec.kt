package dev.leasehold.memory.contract.mapped

import dev.leasehold.memory.KiB
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.mapped.SpanWord
import dev.leasehold.memory.mapped.MappedMap
import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.memory.mapped.MappedRun
import dev.leasehold.memory.mapped.MappedRunState
import dev.leasehold.memory.support.MappedFiles
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeFalse
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.file.Path

class MappedMapSpec : FunSpec() {
    private fun map(path: Path): MappedMap {
        val map = MappedMemory.map(path)
        // Without gaps, whatever is in it.
        map.runs.zipWithNext().forEach { (one, next) -> next.offset shouldBe one.offset + one.size }
        map.size shouldBe map.runs.sumOf { it.size }
        return map
    }

    private fun MappedMap.of(blockSize: Long): MappedRun = runs.single { it.blockSize == blockSize }

    init {
        test("a new file is free, and nobody has it open once it is closed") {
            MappedFiles.withPath { path ->
                MappedFiles.open(path, { size = 256.KiB }).close()
                val map = map(path)
                map.sessions.shouldBeEmpty()
                map.runs shouldHaveSize 1
                map.runs.single().state shouldBe MappedRunState.FREE
                map.size shouldBe 256.KiB
                map.runs.single().blocks shouldBe 0
            }
        }

        test("blocks are counted by their size, and by whether they stay") {
            MappedFiles.withPath { path ->
                MappedFiles.open(path).use { manager ->
                    val held = List(3) { manager.allocate(1000) }
                    manager.roots["one"] = held[0]
                    manager.allocate(100_000).use { manager.roots["large"] = it }
                    val map = map(path)
                    val session = map.sessions.single()
                    session.process shouldBe ProcessHandle.current().pid()
                    (System.currentTimeMillis() - session.started) shouldBeInRange 0L..600_000L
                    session.hasDied.shouldBeFalse()
                    val small = map.of(1024)
                    small.state shouldBe MappedRunState.OWNED
                    small.session shouldBe session.number
                    small.size shouldBe 64.KiB
                    listOf(small.blocks, small.linked, small.held, small.free) shouldBe listOf(63, 1, 2, 60)
                    val large = map.of(2 * 64.KiB - 4096)
                    listOf(large.blocks, large.linked, large.held) shouldBe listOf(1, 1, 0)
                    large.size shouldBe 128.KiB
                    "$small" shouldBe "at ${"%,d".format(small.offset)}: 65,536 bytes, owned by session 1, " +
                        "63 blocks of 1,024 bytes: 1 linked, 2 held, 60 free"
                    held.forEach { it.close() }
                }
                val left = map(path).of(1024)
                left.state shouldBe MappedRunState.ABANDONED
                left.session shouldBe 0
                listOf(left.linked, left.held, left.free) shouldBe listOf(1, 0, 62)
            }
        }

        test("what a session has that died is its own until another puts it in order") {
            MappedFiles.withPath { path ->
                val dead = MappedFiles.open(path)
                repeat(5) { dead.allocate(1000) }
                MappedFiles.kill(dead.session)
                val before = map(path)
                before.sessions.single().hasDied.shouldBeTrue()
                before.of(1024).held shouldBe 5
                before.of(1024).session shouldBe before.sessions.single().number
                "$before" shouldContain ", which has died\nat "
                MappedFiles.open(path).use { it.session.sessions.recoverAll() }
                val after = map(path)
                after.sessions.shouldBeEmpty()
                after.runs.sumOf { it.held } shouldBe 0
            }
        }

        test("spans that are being given back, and those that make no sense, are changing") {
            MappedFiles.withPath { path ->
                val manager = MappedFiles.open(path)
                manager.allocate(5000).use { manager.roots["four spans"] = it }
                val session = manager.session
                val run = map(path).of(5120)
                val at = session.layout.spanWord(session.layout.spanOf(run.offset))
                val word = session.words.get(at)
                for (nonsense in listOf(SpanWord.releasing(word, 0, 1), word or (0x3fL shl 4), -1L)) {
                    session.words.set(at, nonsense)
                    val changing = map(path).runs.single { it.state == MappedRunState.CHANGING }
                    changing.offset shouldBe run.offset
                    // Its tail as well: nothing says any more whose that is.
                    changing.size shouldBe 256.KiB
                    changing.session shouldBe 0
                    changing.blocks shouldBe 0
                    "$changing" shouldContain "262,144 bytes, changing"
                }
                session.words.set(at, word)
                map(path).of(5120).linked shouldBe 1
                manager.close()
            }
        }

        test("a file is looked at while others change it") {
            MappedFiles.withPath { path ->
                MappedFiles.open(path).use { manager ->
                    var isOver = false
                    val worker = Thread {
                        var size = 1L
                        while (!Thread.interrupted()) {
                            List(20) { manager.allocate(size) }.forEach { it.close() }
                            size = size * 7 % 65_537
                        }
                        isOver = true
                    }
                    worker.start()
                    repeat(200) { map(path).runs.size shouldBeGreaterThan 0 }
                    worker.interrupt()
                    worker.join()
                    isOver.shouldBeTrue()
                }
                MappedMemory.verify(path).isClean.shouldBeTrue()
            }
        }
    }
}
