package dev.leasehold.memory.internal.permanent

import dev.leasehold.memory.internal.platform.SystemSpace

/** The buffers in the registry of this process, which is found, or made, when the first is needed. */
internal class RegistryBuffers(private val space: SystemSpace, private val making: RegistryMaking) : BufferSource {
    private var found: Registry? = null

    /** The registry; null while there is none. */
    @get:Synchronized
    val registry: Registry?
        get() = found ?: making.find()?.also { found = it }

    /** The registry, which is made where there is none; null when the system refuses that. */
    @Synchronized
    fun requireRegistry(): Registry? = found ?: making.findOrMake()?.also { found = it }

    override fun search(known: List<AppendBuffer>): List<AppendBuffer> {
        val registry = registry ?: return known
        val byAddress = known.associateByTo(HashMap(known.size * 2), AppendBuffer::address)
        val all = ArrayList<AppendBuffer>(known.size + 1)
        registry.forEachEntry { words, entry ->
            val address = words.get(entry + RegistryLayout.ENTRY_ADDRESS)
            all += byAddress[address] ?: AppendBuffer.of(words, entry, space, making.wordsOf)
        }
        return all
    }

    override fun make(placement: Placement): AppendBuffer? =
        requireRegistry()?.takeIf { it.isOpen }?.makeBuffer(placement)
}
