package dev.leasehold.memory.contract.mapped

import dev.leasehold.memory.MappedFileAccessException
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.mapped.FileLayout
import dev.leasehold.memory.mapped.MappedDurability
import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.memory.support.RecordedDisk
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.file.Path
import java.nio.file.StandardOpenOption.WRITE

/** What a file promises when the system ends, each kind of file; `MappedCommitSpec` is about those with commits. */
class MappedDurabilitySpec : FunSpec() {
    private fun open(path: Path, kind: MappedDurability = MappedDurability.COMMIT): MappedMemoryManager =
        MappedFiles.open(path, { durability = kind })

    private fun MappedMemoryManager.setRoot(name: String, value: Long) = allocate(64).use { block ->
        block.withSegment { it.setLong(0, value) }
        roots[name] = block
    }

    private fun MappedMemoryManager.root(name: String): Long? =
        roots.open(name)?.use { block -> block.withSegment { it.getLong(0) } }

    init {
        test("a file without commits refuses one, word for word") {
            MappedFiles.withPath { path ->
                open(path, MappedDurability.PROCESS).use { manager ->
                    manager.durability shouldBe MappedDurability.PROCESS
                    shouldThrow<MemoryConfigurationException> { manager.commit() }.message shouldBe
                        "the file $path has the durability PROCESS, with which nothing is committed: make it with COMMIT"
                }
            }
        }

        test("the durability is that with which the file was made") {
            for (kind in MappedDurability.entries) {
                MappedFiles.withPath { path ->
                    open(path, kind).close()
                    open(path, MappedDurability.PROCESS).use { it.durability shouldBe kind }
                }
            }
        }

        test("a file for scratch is empty after the end of the system, and not before") {
            MappedFiles.withPath { path ->
                open(path, MappedDurability.NONE).use { it.setRoot("root", 1) }
                open(path, MappedDurability.NONE).use { it.root("root") shouldBe 1 }
                RecordedDisk.openAfterRestart(path).use { manager ->
                    manager.durability shouldBe MappedDurability.NONE
                    manager.roots.names.shouldBeEmpty()
                    manager.setRoot("root", 2)
                }
            }
        }

        test("a file that was not opened since the system started is not read, and its journal can be looked at") {
            MappedFiles.withPath { path ->
                open(path).use { it.setRoot("root", 1) }
                putWord(path, FileLayout.BOOT_ID, 1)
                shouldThrow<MappedFileAccessException> { MappedMemoryManager.openReadOnly(path) }.message shouldBe
                    "the file $path cannot be read: the system was started since it was opened last, and to open it " +
                    "with MappedMemoryManager.open puts in order what that left"
                MappedMemory.verify(path).faults.shouldBeEmpty()
                open(path).close()
                MappedMemoryManager.openReadOnly(path).use { it.root("root") shouldBe 1 }
            }
        }
    }

    private fun putWord(path: Path, offset: Long, value: Long) {
        FileChannel.open(path, WRITE).use { it.write(ByteBuffer.allocate(8).putLong(0, value), offset) }
    }
}
