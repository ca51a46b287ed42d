package dev.leasehold.samples.guide

import dev.leasehold.memory.mapped.MappedLock
import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.memory.mapped.MappedMemoryManager
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.nio.file.Files
import kotlin.concurrent.thread

/** The guide's snippets on mapped memory do what the guide says of them. */
class MappedSnippetsSpec : FunSpec({
    test("blocks, roots and maps are in the file for the next who opens it") {
        val folder = Files.createTempDirectory("guide")
        val path = folder.resolve("store")
        try {
            Mapped.kept(path) shouldBe 42
            MappedMemoryManager.open(path).use { manager ->
                Mapped.replaced(manager) shouldContainExactly listOf("answer", "current")
                Mapped.replaced(manager) shouldContainExactly listOf("answer", "current", "previous")
                manager.userWord(0) shouldBe 2
                Mapped.counted(manager) shouldContainExactly listOf(11L, 8L)
            }
            Mapped.committed(folder.resolve("committed")) shouldBe 43
            JavaMapped.keep(path) shouldBe 12
            MappedMemoryManager.open(path).use { manager ->
                manager.setUserWord(0, 0)
                Mapped.locked(manager) shouldBe 1
                val lock = MappedLock.open(manager, "orders")
                var looks = 0
                val waiter = thread { Mapped.awaited(lock) { looks++ > 0 } }
                while (waiter.isAlive) lock.withExclusive { lock.condition().signal() }
                Mapped.sent(manager) shouldBe 42
                JavaMapped.share(manager).toList() shouldContainExactly listOf(1L, 42L)
            }
            MappedMemory.verify(path).faults.shouldBeEmpty()
        } finally {
            folder.toFile().deleteRecursively()
        }
    }
})
