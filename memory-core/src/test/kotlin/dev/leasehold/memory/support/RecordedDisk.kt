package dev.leasehold.memory.support

import dev.leasehold.memory.internal.mapped.FileOpening
import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.platform.MappedFile
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedOptions
import java.lang.foreign.MemorySegment
import java.nio.file.Path
import java.util.UUID
import kotlin.random.Random

/**
 * What the disk has of a file, and what was stored into the file since it was forced last: of that the disk may have
 * anything when the power fails.
 */
internal class RecordedDisk {
    private class Store(val offset: Long, val bytes: ByteArray)

    private var forced = ByteArray(0)
    private val stores = ArrayList<Store>()
    private var length = 0

    /** How many times the file was forced. */
    var writes = 0
        private set

    /** How many stores the disk may have or not. */
    val pending: Int get() = stores.size

    /** What is run before each store, and before and after each write to the disk. */
    var onStep: () -> Unit = {}

    /** The words of a file, which are noted when they are set. */
    fun words(file: MemorySegment): FileWords = Words(file)

    /** [file], whose forced writes are noted. */
    fun file(file: MappedFile): MappedFile = object : MappedFile by file {
        override fun force(bytes: Long) {
            onStep()
            file.force(bytes)
            reached(0, file.length)
            onStep()
        }

        override fun force(from: Long, bytes: Long) {
            onStep()
            file.force(from, bytes)
            reached(from, from + bytes)
            onStep()
        }

        override fun allocate(from: Long, bytes: Long) {
            file.allocate(from, bytes)
            this@RecordedDisk.length = file.length.toInt()
        }

        override fun resize(length: Long) {
            file.resize(length)
            this@RecordedDisk.length = length.toInt()
            forced = forced.copyOf(length.toInt())
        }
    }

    private fun reached(from: Long, until: Long) {
        writes++
        if (forced.size < length) forced = forced.copyOf(length)
        val written = stores.filter { it.offset < until && it.offset + it.bytes.size > from }
        for (store in written) store.applyTo(forced, from, until)
        stores.removeAll(written)
    }

    private fun Store.applyTo(image: ByteArray, from: Long, until: Long) {
        for (at in bytes.indices) {
            val offset = offset + at
            if (offset in from until until && offset < image.size) image[offset.toInt()] = bytes[at]
        }
    }

    /** The disk with the first [count] stores since the last write, in their order. */
    fun afterFirst(count: Int): ByteArray {
        val image = forced.copyOf(length)
        for (store in stores.take(count)) store.applyTo(image, 0, Long.MAX_VALUE)
        return image
    }

    /** The disk with any version of each sector since the last write. */
    fun anyVersions(random: Random): ByteArray {
        // A file that became longer may not have on the disk.
        val image = if (random.nextInt(4) == 0) forced.copyOf() else forced.copyOf(length)
        val bySector = HashMap<Long, ArrayList<Store>>()
        for (store in stores) {
            for (sector in store.offset / SECTOR..(store.offset + store.bytes.size - 1) / SECTOR) {
                bySector.getOrPut(sector, ::ArrayList).add(store)
            }
        }
        for ((sector, stores) in bySector) {
            for (store in stores.take(random.nextInt(stores.size + 1))) {
                store.applyTo(image, sector * SECTOR, (sector + 1) * SECTOR)
            }
        }
        return image
    }

    private inner class Words(file: MemorySegment) : FileWords(file) {
        private fun note(offset: Long, bytes: ByteArray) {
            onStep()
            stores.add(Store(offset, bytes))
        }

        private fun note(offset: Long, value: Long) =
            note(offset, ByteArray(Long.SIZE_BYTES) { (value ushr it * Byte.SIZE_BITS).toByte() })

        override fun set(offset: Long, value: Long) {
            note(offset, value)
            super.set(offset, value)
        }

        override fun setQuietly(offset: Long, value: Long) {
            note(offset, value)
            super.setQuietly(offset, value)
        }

        override fun setVolatile(offset: Long, value: Long) {
            note(offset, value)
            super.setVolatile(offset, value)
        }

        override fun compareAndSet(offset: Long, seen: Long, next: Long): Boolean {
            val isSet = super.compareAndSet(offset, seen, next)
            if (isSet) note(offset, next)
            return isSet
        }

        override fun add(offset: Long, more: Long) {
            note(offset, get(offset) + more)
            super.add(offset, more)
        }

        override fun getAndAdd(offset: Long, more: Long): Long {
            note(offset, get(offset) + more)
            return super.getAndAdd(offset, more)
        }

        override fun write(offset: Long, bytes: ByteArray) {
            note(offset, bytes.clone())
            super.write(offset, bytes)
        }

        override fun clear(offset: Long, bytes: Long) {
            note(offset, ByteArray(bytes.toInt()))
            super.clear(offset, bytes)
        }
    }

    /** Opens the file [path], or makes a small one, whose stores are noted here. */
    fun open(path: Path, bootId: UUID, configure: MappedOptions.() -> Unit): MappedMemoryManager {
        val platform = object : Platform by Platform.current {
            override val bootId = bootId

            override fun openFile(path: Path, mode: MappedFile.Mode) = file(Platform.current.openFile(path, mode))
        }
        return MappedMemoryManager.make(
            path,
            MappedOptions().apply(configure),
            { openOrCreate(it.form) },
            FileOpening(path, platform, { words(it.bytes) }),
        )
    }

    internal companion object {
        /** What the disk writes as one, in bytes. */
        const val SECTOR: Long = 512

        /** Opens the file [path] after another start of the system than it was used in. */
        fun openAfterRestart(path: Path, configure: MappedOptions.() -> Unit = {}): MappedMemoryManager {
            val restarted = object : Platform by Platform.current {
                override val bootId = UUID.randomUUID()
            }
            val options = MappedOptions().apply(configure)
            return MappedMemoryManager.make(path, options, { open(it.growth) }, FileOpening(path, restarted))
        }

        /** [openAfterRestart], during which the system ends again after so many [stores]. */
        fun openAndFail(path: Path, stores: Int) {
            val restarted = object : Platform by Platform.current {
                override val bootId = UUID.randomUUID()
            }
            val opening = FileOpening(path, restarted, { SteppedWords(it.bytes, stores) })
            try {
                val manager = MappedMemoryManager.make(path, MappedOptions(), { open(it.growth) }, opening)
                MappedFiles.kill(manager.session)
            } catch (_: Killed) {
                return
            }
        }
    }
}
