package dev.leasehold.memory.internal.cache

/** The caches of one engine: a platform thread has its own, virtual threads share some. Any thread. */
internal class Caches(
    private val table: ThreadTable,
    private val registry: CacheRegistry,
    private val supply: Supply,
    private val fence: () -> Unit,
    private val ledger: BlockLedger? = null,
) {
    private val shared = SharedCaches(sharedMaker(supply, fence, registry, ledger))

    /** The cache of [thread], which is the calling one, made if it has none; null for a virtual thread. */
    fun of(thread: Thread): ThreadCache? = table.firstLook(thread.threadId()) ?: when {
        thread.isVirtual -> null
        else -> table.find(thread.threadId()) ?: make(supply, fence, registry, ledger, thread).also(table::add)
    }

    /** Runs [action] with a shared cache that no other thread uses meanwhile; null when all are in use. */
    fun <R : Any> withShared(action: (ThreadCache) -> R): R? = shared.withCache(action)

    private companion object {
        fun sharedMaker(
            supply: Supply,
            fence: () -> Unit,
            registry: CacheRegistry,
            ledger: BlockLedger?,
        ): () -> ThreadCache = { make(supply, fence, registry, ledger, null) }

        fun make(
            supply: Supply,
            fence: () -> Unit,
            registry: CacheRegistry,
            ledger: BlockLedger?,
            thread: Thread?,
        ): ThreadCache {
            val id = thread?.threadId() ?: 0
            val bias = Bias(id, fence)
            val cache = ThreadCache(supply, id, bias, ledger)
            bias.source = ledger?.sourceFor(cache) ?: cache
            registry.register(cache, thread)
            return cache
        }
    }
}
