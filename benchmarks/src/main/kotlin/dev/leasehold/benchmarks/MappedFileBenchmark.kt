package dev.leasehold.benchmarks

import dev.leasehold.memory.Block
import dev.leasehold.memory.GiB
import dev.leasehold.memory.MiB
import dev.leasehold.memory.allocate
import dev.leasehold.memory.mapped.MappedDurability
import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.memory.mapped.MappedMemoryManager
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import org.openjdk.jmh.annotations.Fork
import org.openjdk.jmh.annotations.Level
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption.CREATE_NEW
import java.nio.file.StandardOpenOption.READ
import java.nio.file.StandardOpenOption.WRITE

/**
 * What is done with a whole file: open one of 4 GiB that was closed, open one of 4 GiB whose process was killed while
 * it had sixteen thousand spans, make one longer by 16 MiB, change one word in a transaction, and commit a new block,
 * which is two forced writes, beside one page that is forced by itself.
 */
@Fork(2)
public open class MappedFileBenchmark : Measured() {
    @Benchmark
    public fun open(file: Closed): MappedMemoryManager = file.open()

    @Benchmark
    public fun openAfterDeath(file: Left): MappedMemoryManager = file.open()

    @Benchmark
    public fun grow(file: Full): Block = file.grow()

    @Benchmark
    public fun transaction(file: Words): Unit = file.transaction()

    @Benchmark
    public fun commit(file: Committed): Unit = file.commit()

    @Benchmark
    public fun forcePage(page: Page): Unit = page.force()

    /** A file in a folder of its own. */
    @State(Scope.Thread)
    public abstract class InFolder {
        private val folder: Path = Files.createTempDirectory("bench")
        internal val path: Path = folder.resolve("file")

        @TearDown
        public fun delete(): Unit = check(folder.toFile().deleteRecursively()) { "$folder stays" }
    }

    /** A file of 4 GiB that nobody has open. */
    public open class Closed : InFolder() {
        private var manager: MappedMemoryManager? = null

        /** How many processes have died in it. */
        internal open val dead: Int get() = 0

        @Setup
        public fun make() {
            MappedMemoryManager.create(path) {
                size = 4.GiB
                maxSize = 8.GiB
            }.close()
            prepare()
        }

        internal open fun prepare() {}

        internal fun open(): MappedMemoryManager = MappedMemoryManager.open(path) {}.also { manager = it }

        @TearDown(Level.Invocation)
        public fun closeAgain() {
            val opened = checkNotNull(manager)
            check(opened.recoveredSessions == dead) { "${opened.recoveredSessions} sessions were put in order" }
            opened.close()
            restore()
        }

        internal open fun restore() {}
    }

    /** One as a process left it that was killed. What an opening puts in order is put back after it. */
    public open class Left : Closed() {
        private lateinit var tables: ByteBuffer
        override val dead: Int get() = 1

        override fun prepare() {
            MappedNeighbourProcess(path, BLOCK, SPANS * BLOCKS_OF_A_SPAN).close()
            val map = MappedMemory.map(path)
            val spans = map.runs.count { it.session > 0 }
            check(spans >= SPANS) { "the process that was killed had $spans spans" }
            // All that is before the first span: no word of a block changes when a file is opened.
            tables = ByteBuffer.allocateDirect(map.runs.first().offset.toInt())
            FileChannel.open(path, READ).use { file -> while (tables.hasRemaining()) check(file.read(tables) > 0) }
            restore()
        }

        override fun restore() {
            val _ = tables.rewind()
            FileChannel.open(path, WRITE).use { file ->
                while (tables.hasRemaining()) check(file.write(tables, tables.position().toLong()) > 0)
            }
        }

        private companion object {
            const val BLOCK = 4096L
            const val BLOCKS_OF_A_SPAN = 15
            const val SPANS = 16_384
        }
    }

    /** A file without room, which becomes longer by just what is allocated. */
    public open class Full : InFolder() {
        private lateinit var manager: MappedMemoryManager
        private var block: Block? = null

        @Setup
        public fun make() {
            manager = MappedMemoryManager.create(path) {
                size = 0
                growth = STEP
                maxSize = 4.GiB
            }
        }

        internal fun grow(): Block = manager.allocate(STEP - PAGE).also { block = it }

        @TearDown(Level.Invocation)
        public fun shrink() {
            checkNotNull(block).close()
            val gone = manager.trim() + manager.compact()
            check(manager.size == 0L) { "the file has still ${manager.size} bytes, $gone went" }
        }

        @TearDown
        public fun close(): Unit = manager.close()

        private companion object {
            val STEP = 16.MiB

            /** Holds what the file knows of the block. */
            const val PAGE = 4096L
        }
    }

    /** A file with commits. */
    public open class Committed : InFolder() {
        private lateinit var manager: MappedMemoryManager
        private var value = 0L

        @Setup
        public fun make() {
            manager = MappedMemoryManager.create(path) {
                maxSize = 4.GiB
                durability = MappedDurability.COMMIT
            }
        }

        internal fun commit() {
            manager.allocate(KIB).use { block ->
                block.withSegment { it.setLong(0, ++value) }
                manager.roots["current"] = block
            }
            manager.commit()
        }

        @TearDown
        public fun close() {
            val last = checkNotNull(manager.roots.open("current")).use { block -> block.withSegment { it.getLong(0) } }
            check(last == value) { "the last commit is lost" }
            manager.close()
        }

        private companion object {
            const val KIB = 1024L
        }
    }

    /** A page of a file that is written and forced. */
    public open class Page : InFolder() {
        private lateinit var file: FileChannel
        private val bytes = ByteBuffer.allocateDirect(PAGE)
        private var value = 0L

        @Setup
        public fun make() {
            file = FileChannel.open(path, CREATE_NEW, WRITE)
            force()
        }

        internal fun force() {
            val written = file.write(bytes.putLong(0, ++value).rewind(), 0)
            check(written == PAGE) { "$written bytes were written" }
            file.force(false)
        }

        @TearDown
        public fun close(): Unit = file.close()

        private companion object {
            const val PAGE = 4096
        }
    }

    /** A file with words for the user. */
    public open class Words : InFolder() {
        private lateinit var manager: MappedMemoryManager
        private var value = 0L

        @Setup
        public fun make() {
            manager = MappedMemoryManager.create(path) { maxSize = 4.GiB }
        }

        internal fun transaction(): Unit = manager.transaction { setUserWord(0, ++value) }

        @TearDown
        public fun close() {
            check(manager.userWord(0) == value) { "the last transaction is lost" }
            manager.close()
        }
    }
}
