package dev.leasehold.memory.internal.permanent

import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.permanent.RegistryLayout.Decision
import dev.leasehold.memory.internal.permanent.RegistryLayout.EntryState
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.ProcessIdentity
import dev.leasehold.memory.internal.platform.SystemSpace
import java.lang.foreign.Arena

/**
 * The registry and the buffers of another process, mapped into this one until [close]; there they lie at other addresses.
 *
 * The words of the other process are not trusted to lie inside of its memory: what does not is not mapped.
 */
internal class ForeignMemory(
    private val space: SystemSpace,
    private val process: Long,
    private val identity: ProcessIdentity,
    private val version: Long = RegistryLayout.VERSION,
) : BufferSource,
    AutoCloseable {
    private class Mapping(var address: Long, val bytes: Long)

    private val arena = Arena.ofShared()
    private val mappings = ArrayList<Mapping>()
    private val parts = ArrayList<FileWords>()

    // What this process has mapped goes while others append: its address must not be given to the system then.
    private val unpopulated = object : SystemSpace by space {
        override fun populate(address: Long, bytes: Long): Boolean = true
    }
    private var isClosed = false

    /** Whether the views have not ended. */
    val isOpen: Boolean get() = arena.scope().isAlive

    /** The first part of the registry; null when the process has none. */
    @get:Synchronized
    val first: FileWords?
        get() {
            if (parts.isEmpty() && !isClosed) open { if (parts.isEmpty()) mapFirst(it) }
            return parts.firstOrNull()
        }

    @Synchronized
    override fun search(known: List<AppendBuffer>): List<AppendBuffer> {
        val all = ArrayList(known)
        if (isClosed) return all
        open { descriptor ->
            if (parts.isEmpty()) mapFirst(descriptor)
            if (parts.isNotEmpty() && headOf(descriptor) != null) mapRest(descriptor, all)
        }
        return all
    }

    override fun make(placement: Placement): AppendBuffer? = null

    private fun open(action: (descriptor: Int) -> Unit) =
        space.openShared(process, RegistryLayout.nameOf(version), action)

    /** Maps the first part, if the memory of [descriptor] is the registry of the process: it may be that of a third. */
    private fun mapFirst(descriptor: Int) {
        val bytes = headOf(descriptor)?.get(RegistryLayout.PART_BYTES) ?: return
        if (bytes < RegistryLayout.HEADER_BYTES + RegistryLayout.ENTRY_BYTES) return
        parts += map(descriptor, 0, bytes) ?: return
    }

    /** A copy of the head of the memory of [descriptor]; null when that is not the registry of the process. */
    private fun headOf(descriptor: Int): FileWords? {
        val name = RegistryLayout.nameOf(version)
        val copy = space.headOf(descriptor, name, RegistryLayout.HEADER_BYTES.toInt())
        // What could become shorter would end this process at a touch.
        return copy?.let(::FileWords)?.takeIf { isRegistry(it) && space.isSealed(descriptor) }
    }

    private fun isRegistry(head: FileWords) = head.get(RegistryLayout.PART_MAGIC) == RegistryLayout.MAGIC &&
        head.get(RegistryLayout.PART_VERSION) == version &&
        head.get(RegistryLayout.PROCESS) == identity.number &&
        head.get(RegistryLayout.STARTED) == identity.started &&
        head.get(RegistryLayout.DECISION) == Decision.CHOSEN

    private fun mapRest(descriptor: Int, all: MutableList<AppendBuffer>) {
        val known = all.mapTo(HashSet(), AppendBuffer::address)
        val most = space.lengthOf(descriptor) / parts.first().bytes().byteSize()
        var index = 0
        while (index < parts.size && index < most) {
            val part = parts[index++]
            val isFull = forEachEntry(part) { entry ->
                val address = part.get(entry + RegistryLayout.ENTRY_ADDRESS)
                if (known.add(address)) all += bufferAt(descriptor, part, entry, address) ?: return@forEachEntry
            }
            if (!isFull) return
            val next = part.get(RegistryLayout.NEXT_OFFSET)
            if (index == parts.size && next != 0L) parts += partAt(descriptor, next, part.bytes().byteSize()) ?: return
        }
    }

    private fun partAt(descriptor: Int, offset: Long, bytes: Long): FileWords? =
        if (parts.any { it.get(RegistryLayout.PART_OFFSET) == offset }) {
            null
        } else {
            map(descriptor, offset, bytes)?.takeIf { part -> isPart(part, offset).also { if (!it) unmapLast() } }
        }

    private fun isPart(part: FileWords, offset: Long) = part.get(RegistryLayout.PART_MAGIC) == RegistryLayout.MAGIC &&
        part.get(RegistryLayout.PART_VERSION) == version &&
        part.get(RegistryLayout.PART_OFFSET) == offset

    // Nobody has seen it.
    private fun unmapLast() {
        val mapping = mappings.removeLast()
        space.unmap(mapping.address, mapping.bytes)
    }

    /** Calls [action] with each whole entry of [part]; false when there are no more behind it. */
    private inline fun forEachEntry(part: FileWords, action: (entry: Long) -> Unit): Boolean {
        var entry = RegistryLayout.HEADER_BYTES
        while (entry + RegistryLayout.ENTRY_BYTES <= part.bytes().byteSize()) {
            val state = part.get(entry + RegistryLayout.ENTRY_STATE)
            if (state == EntryState.FREE) return false
            if (state == EntryState.WHOLE) action(entry)
            entry += RegistryLayout.ENTRY_BYTES
        }
        return true
    }

    private fun bufferAt(descriptor: Int, part: FileWords, entry: Long, address: Long): AppendBuffer? {
        val offset = part.get(entry + RegistryLayout.ENTRY_OFFSET)
        val content = map(descriptor, offset, part.get(entry + RegistryLayout.ENTRY_SIZE)) ?: return null
        return AppendBuffer(part, entry, address, content, unpopulated)
    }

    /** Maps [bytes] bytes of the memory of [descriptor] for reading and writing; null when it does not have them. */
    private fun map(descriptor: Int, offset: Long, bytes: Long): FileWords? {
        val length = space.lengthOf(descriptor)
        val isInside = offset >= 0 && bytes > 0 && bytes <= length && offset <= length - bytes
        if (!isInside || offset % space.pageSize != 0L || bytes % space.pageSize != 0L) return null
        // What can fail comes before the memory.
        val mapping = Mapping(0, bytes)
        mappings.ensureCapacity(mappings.size + 1)
        mapping.address = space.placeShared(descriptor, offset, bytes, 0)
        if (mapping.address == 0L) return null
        mappings += mapping
        return FileWords(Platform.current.view(mapping.address, bytes, arena))
    }

    /** Ends all views, and unmaps; false when one is in use by a native call, and then nothing has changed. */
    @Synchronized
    fun tryClose(): Boolean {
        try {
            if (arena.scope().isAlive) arena.close()
        } catch (_: IllegalStateException) {
            return false
        }
        isClosed = true
        for (mapping in mappings) space.unmap(mapping.address, mapping.bytes)
        mappings.clear()
        parts.clear()
        return true
    }

    override fun close(): Unit = check(tryClose()) { "the memory of process $process is in use" }
}
