package dev.leasehold.memory.internal.permanent

import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.permanent.RegistryLayout.Decision
import dev.leasehold.memory.internal.platform.ProcessIdentity
import dev.leasehold.memory.internal.platform.Regions
import dev.leasehold.memory.internal.platform.SystemSpace
import dev.leasehold.memory.internal.platform.view
import java.lang.foreign.MemorySegment
import java.lang.invoke.VarHandle

/**
 * Finds the registry of this process, or makes it. Copies of this library that do not know each other, and native code,
 * may do so at the same moment, and all end with one.
 *
 * They have nothing in common but the address space. So each that finds none makes a candidate, whole and mapped, before
 * it looks again; and all that look help to settle which it is:
 *
 *     look      the candidates in the map of the process: a chosen one is it
 *     again     until the lowest open one was already known when this look began
 *     reject    every other that is open, by a compare-and-set; one that is found chosen is it
 *     choose    the lowest, by a compare-and-set; where it was rejected meanwhile, from the start
 *
 * Two are never chosen. Who chose A looked when A was there and did not see B, or rejected it; the same with B and A. So
 * neither saw the other, and each of the two came into being after the other.
 *
 * A candidate that was rejected stays mapped: another may be looking at it. It is some pages that nobody touches.
 *
 * Other mappings of that name are of what this process reads as it reads other processes. Those come and go, so all are
 * looked at through the system; only one that lies where it says, and is this process's own, is touched.
 */
internal open class RegistryMaking(
    private val space: SystemSpace,
    private val version: Long = RegistryLayout.VERSION,
    val wordsOf: (MemorySegment) -> FileWords = ::FileWords,
) {
    private val name = RegistryLayout.nameOf(version)
    private val regionName = space.regionName(name)

    // Not kept where the system does not say it now.
    private var identity: ProcessIdentity? = null
        get() = field ?: space.identity(OWN)?.also { field = it }

    /**
     * The registry of this process; null when the system refuses to let one be made.
     *
     * @throws dev.leasehold.memory.internal.platform.ProcessRefusal when it does not let this process look at itself
     */
    fun findOrMake(): Registry? {
        var chosen = settle()
        while (chosen == null) {
            val candidate = makeCandidate() ?: return null
            chosen = settle()
            // What has no descriptor any more must never be chosen.
            if (chosen?.bytes()?.address() != candidate.bytes().address()) {
                val _ = reject(candidate)
                space.close(candidate.get(RegistryLayout.DESCRIPTOR).toInt())
            }
        }
        return Registry(chosen, space, wordsOf)
    }

    /** The registry of this process; null when there is none. */
    fun find(): Registry? = candidates(space.regions()).find(::isChosen)?.let { Registry(it, space, wordsOf) }

    private fun isChosen(candidate: FileWords) = candidate.get(RegistryLayout.DECISION) == Decision.CHOSEN

    /** The chosen candidate; null when there is none that could be chosen. */
    private fun settle(): FileWords? {
        var known = 0L
        while (true) {
            val seen = candidates(space.regions())
            val lowest = seen.find { it.get(RegistryLayout.DECISION) == Decision.OPEN }
            seen.find(::isChosen)?.let { return it }
            if (lowest == null) return null
            val address = lowest.get(RegistryLayout.PART_ADDRESS)
            if (mayElect(address, known) && elect(lowest, seen)) return lowest
            known = address
        }
    }

    /** Whether the candidate at [address] was there before this look began: it is the one [known] from the last. */
    open fun mayElect(address: Long, known: Long): Boolean = address == known

    /** Rejects all of [seen] but [lowest], and chooses that; false when another was quicker. */
    open fun elect(lowest: FileWords, seen: List<FileWords>): Boolean {
        for (other in seen) if (other !== lowest && !reject(other)) return false
        return lowest.compareAndSet(RegistryLayout.DECISION, Decision.OPEN, Decision.CHOSEN)
    }

    /** Sees to it that [other] is not chosen; false when it is. */
    fun reject(other: FileWords): Boolean =
        other.compareAndSet(RegistryLayout.DECISION, Decision.OPEN, Decision.REJECTED) || !isChosen(other)

    /** What is a registry of this process in [regions], in the order of their addresses, also what was rejected. */
    fun candidates(regions: Regions): List<FileWords> {
        val found = ArrayList<FileWords>(0)
        for (index in 0 until regions.count) {
            if (regions.offset(index) != 0L || regions.name(index) != regionName) continue
            val address = regions.first(index)
            val head = FileWords(space.peek(address, RegistryLayout.HEADER_BYTES.toInt()) ?: continue)
            if (isOwn(head, address)) found += mappedAt(address)
        }
        return found
    }

    /** The words of a part of this process. A copy of them, made by the system, may have some older than others. */
    private fun mappedAt(address: Long): FileWords {
        val head = FileWords(view(address, RegistryLayout.HEADER_BYTES))
        check(head.get(RegistryLayout.PART_MAGIC) == RegistryLayout.MAGIC) { "a part of a registry went" }
        return wordsOf(view(address, head.get(RegistryLayout.PART_BYTES)))
    }

    // At another address than it says is a second mapping of it, by one who looks at this process as at others: it goes.
    private fun isOwn(head: FileWords, address: Long): Boolean {
        val own = identity
        return head.get(RegistryLayout.PART_ADDRESS) == address &&
            head.get(RegistryLayout.PART_MAGIC) == RegistryLayout.MAGIC &&
            head.get(RegistryLayout.PART_VERSION) == version &&
            own != null &&
            head.get(RegistryLayout.PROCESS) == own.number &&
            head.get(RegistryLayout.STARTED) == own.started
    }

    /** Maps a candidate of this process, for all to see; null when the system refuses. */
    private fun makeCandidate(): FileWords? {
        val own = identity ?: return null
        val bytes = (RegistryLayout.LEAST_PART + space.pageSize - 1) and -space.pageSize
        val descriptor = space.createShared(name)
        if (descriptor < 0) return null
        val address = if (space.extend(descriptor, bytes)) space.placeShared(descriptor, 0, bytes, 0) else 0
        if (address == 0L) {
            space.close(descriptor)
            return null
        }
        val words = visibleWords(address, bytes, descriptor)
        words.set(RegistryLayout.PROCESS, own.number)
        words.set(RegistryLayout.STARTED, own.started)
        words.set(RegistryLayout.DESCRIPTOR, descriptor.toLong())
        words.set(RegistryLayout.MEMORY_END, bytes)
        fillPart(words, address, 0, version)
        // The look that follows must not be done before others can see this.
        VarHandle.fullFence()
        return words
    }

    /** The words of a candidate, which is taken back where nobody could look at it: it would never be chosen. */
    private fun visibleWords(address: Long, bytes: Long, descriptor: Int): FileWords {
        var words: FileWords? = null
        try {
            val _ = space.peek(address, RegistryLayout.HEADER_BYTES.toInt())
            words = wordsOf(view(address, bytes))
        } finally {
            if (words == null) {
                space.unmap(address, bytes)
                space.close(descriptor)
            }
        }
        return words
    }

    internal companion object {
        private const val OWN = 0L

        /** Makes the words a part of a registry, of which the magic number comes last. */
        fun fillPart(words: FileWords, address: Long, offset: Long, version: Long) {
            words.set(RegistryLayout.PART_VERSION, version)
            words.set(RegistryLayout.PART_BYTES, words.bytes().byteSize())
            words.set(RegistryLayout.PART_ADDRESS, address)
            words.set(RegistryLayout.PART_OFFSET, offset)
            words.set(RegistryLayout.PART_MAGIC, RegistryLayout.MAGIC)
        }
    }
}
