package dev.leasehold.memory.crash

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.mapped.FileOpening
import dev.leasehold.memory.internal.platform.MappedFile
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.mapped.MappedDurability
import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedOptions
import dev.leasehold.memory.support.MappedFiles
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.io.IOException
import java.lang.foreign.Arena
import java.nio.file.FileSystemException
import java.nio.file.Files
import java.nio.file.Path

/**
 * The system refuses one call after the other: to open the file, to map it, to make it longer or shorter, to lock and to
 * force it. Each is an error of the library; what was finished stays, and nothing of the file is left open.
 */
class SystemFaultSpec : FunSpec({
    for (kind in listOf(MappedDurability.PROCESS, MappedDurability.COMMIT)) {
        test("the system may refuse any call for a file with the durability $kind") {
            val calls = SystemCalls(refused = Int.MAX_VALUE)
            MappedFiles.withPath { SystemFaults(it, kind).run(calls) shouldBe Roots.NAMES }
            calls.made shouldBeGreaterThan 20
            for (refused in 0 until calls.made) {
                MappedFiles.withPath { path ->
                    val work = SystemFaults(path, kind)
                    val done = work.run(SystemCalls(refused))
                    work.faults.shouldBeEmpty()
                    openFiles(path).shouldBeEmpty()
                    if (done.isNotEmpty()) {
                        MappedFiles.open(path).use { manager ->
                            manager.session.sessions.recoverAll()
                            (manager.roots.names.toSet() + Roots.NAMES) shouldBe Roots.NAMES.toSet()
                            manager.roots.names.containsAll(done) shouldBe true
                            for (name in done) manager.roots.open(name)!!.use { it.size shouldBe Roots.sizeOf(name) }
                        }
                        MappedMemory.verify(path).faults.shouldBeEmpty()
                    }
                }
            }
        }
    }
})

/** The descriptors and mappings of [path] that this process has. */
private fun openFiles(path: Path): List<String> {
    val descriptors = Files.list(Path.of("/proc/self/fd")).use { all -> all.toList() }.mapNotNull { link ->
        runCatching { Files.readSymbolicLink(link).toString() }.getOrNull()
    }
    return descriptors.filter { it.startsWith("$path") } +
        Files.readAllLines(Path.of("/proc/self/maps")).filter { it.endsWith("$path") }
}

private object Roots {
    val NAMES = List(12) { "root $it" }

    // The file becomes longer on the way.
    fun sizeOf(name: String): Long = (1 + NAMES.indexOf(name)) * 20_000L
}

/** The calls of a file, of which one is [refused]. */
private class SystemCalls(private val refused: Int) {
    var made = 0
        private set

    fun step(path: Path, call: String) {
        if (made++ == refused) throw FileSystemException("$path", null, "$call: refused by the test")
    }

    fun file(file: MappedFile): MappedFile = object : MappedFile by file {
        override fun map(size: Long, arena: Arena) {
            step(path, "map")
            file.map(size, arena)
        }

        override fun allocate(from: Long, bytes: Long) {
            step(path, "allocate")
            file.allocate(from, bytes)
        }

        override fun resize(length: Long) {
            step(path, "resize")
            file.resize(length)
        }

        override fun tryLock(at: Long): Boolean {
            step(path, "lock")
            return file.tryLock(at)
        }

        override fun isLocked(at: Long): Boolean {
            step(path, "look at a lock")
            return file.isLocked(at)
        }

        override fun force(bytes: Long) {
            step(path, "force")
            file.force(bytes)
        }

        override fun force(from: Long, bytes: Long) {
            step(path, "force")
            file.force(from, bytes)
        }
    }
}

/** Work in a file whose system refuses a call. */
private class SystemFaults(private val path: Path, private val kind: MappedDurability) {
    val faults = ArrayList<String>()
    private val done = ArrayList<String>()

    /** Makes the roots, and returns those that were made. */
    fun run(calls: SystemCalls): List<String> {
        val manager = attempt { open(calls) } ?: return done
        for (name in Roots.NAMES) {
            val block = attempt { manager.allocate(Roots.sizeOf(name)) } ?: continue
            attempt {
                manager.roots[name] = block
                done.add(name)
            }
            attempt { block.close() }
            if (kind == MappedDurability.COMMIT) attempt { manager.commit() }
        }
        attempt { manager.trim() }
        attempt { manager.compact() }
        // What could not be closed may be closed again.
        if (attempt { manager.close() } == null) attempt { manager.close() }
        if (manager.session.isOpen) faults.add("the session stays open")
        return done
    }

    private fun <R : Any> attempt(action: () -> R): R? = try {
        action()
    } catch (_: MemoryException) {
        null
    } catch (failure: IOException) {
        faults.add("not an error of the library: $failure")
        null
    }

    private fun open(calls: SystemCalls): MappedMemoryManager {
        val platform = object : Platform by Platform.current {
            override fun openFile(path: Path, mode: MappedFile.Mode): MappedFile {
                calls.step(path, "open")
                return calls.file(Platform.current.openFile(path, mode))
            }
        }
        val options = MappedOptions().apply {
            size = 64.KiB
            growth = 256.KiB
            maxSize = 64.MiB
            maxSessions = 4
            durability = kind
        }
        return MappedMemoryManager.make(path, options, { openOrCreate(it.form) }, FileOpening(path, platform))
    }
}
