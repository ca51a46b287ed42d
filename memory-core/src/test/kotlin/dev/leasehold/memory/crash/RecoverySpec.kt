package dev.leasehold.memory.crash

import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.mapped.FileLayout
import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.platform.MappedFile
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.memory.support.MappedFiles
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe

/** What a session that has died leaves, and what the next one makes of it. */
class RecoverySpec : FunSpec({
    test("what a dead session held is free, and the last link's block goes with the last hold") {
        MappedFiles.withPath { path ->
            val dead = MappedFiles.open(path)
            val living = MappedFiles.open(path)
            dead.allocate(1000).use { dead.roots["kept"] = it }
            dead.allocate(1000).use { dead.roots["dropped"] = it }
            repeat(2) { dead.roots.open("dropped").shouldNotBeNull() }
            repeat(10) { dead.allocate(100L * it + 1) }
            living.roots.remove("dropped")
            MappedFiles.kill(dead.session)
            living.session.sessions.recoverAll()
            living.recoveredSessions shouldBe 1
            living.roots.names shouldContainExactly listOf("kept")
            MappedFiles.faults(living.session).shouldBeEmpty()
            living.close()
            MappedMemory.verify(path).blocks shouldBe 1
        }
    }

    test("what becomes free while a thread's cache is being filled up is given out once") {
        MappedFiles.withPath { path ->
            val living = MappedFiles.open(path)
            val dead = MappedFiles.open(path)
            val names = List(50) { "held by the dead $it" }
            for (name in names) living.allocate(1000).use { living.roots[name] = it }
            for (name in names) dead.roots.open(name).shouldNotBeNull()
            names.forEach(living.roots::remove)
            MappedFiles.kill(dead.session)
            // So many that spans are looked for, by which the dead session is met.
            val blocks = List(2_000) { living.allocate(1000) }
            living.recoveredSessions shouldBe 1
            blocks.map { it.address }.distinct().size shouldBe blocks.size
            MappedFiles.faults(living.session).shouldBeEmpty()
            blocks.forEach { it.close() }
            living.close()
            MappedMemory.verify(path).blocks shouldBe 0
        }
    }

    test("the byte of a session stays locked until its recovery has ended") {
        MappedFiles.withPath { path ->
            val dead = MappedFiles.open(path)
            dead.allocate(1000).use { dead.roots["held twice"] = it }
            repeat(2) { dead.roots.open("held twice").shouldNotBeNull() }
            val number = dead.session.sessions.number
            Platform.current.openFile(path, MappedFile.Mode.OPEN).use { looking ->
                var wasLocked: Boolean? = null
                val living = MappedFiles.open(path) { file ->
                    object : FileWords(file.bytes) {
                        override fun set(offset: Long, value: Long) {
                            val isLast =
                                offset == dead.session.layout.session(number) + FileLayout.ACTIVE && value == 0L
                            if (isLast) wasLocked = looking.isLocked(FileLayout.sessionByte(number))
                            super.set(offset, value)
                        }
                    }
                }
                // With it the block is unlinked, and only the dead one holds it.
                living.roots.remove("held twice")
                MappedFiles.kill(dead.session)
                living.session.sessions.recoverAll()
                wasLocked.shouldNotBeNull().shouldBeTrue()
                living.close()
            }
            MappedMemory.verify(path).blocks shouldBe 0
        }
    }
})
