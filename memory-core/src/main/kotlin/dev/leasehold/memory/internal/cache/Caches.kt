package dev.leasehold.memory.internal.cache

import dev.leasehold.memory.internal.platform.StackRoom

/** The caches of one engine: a platform thread has its own, virtual threads share some. Any thread. */
internal class Caches(
    private val table: ThreadTable,
    private val registry: CacheRegistry,
    private val supply: Supply,
    private val fence: () -> Unit,
    private val ledger: BlockLedger? = null,
) {
    private val shared = SharedCaches(sharedMaker(supply, fence, registry, ledger))

    /** The cache of [thread], the calling one, made if it has none; null for a virtual thread, or for want of heap. */
    fun of(thread: Thread): ThreadCache? = table.firstLook(thread.threadId()) ?: when {
        thread.isVirtual -> null
        else -> table.find(thread.threadId()) ?: makeOwn(thread)
    }

    private fun makeOwn(thread: Thread): ThreadCache? = try {
        // It takes the registry's lock, which nobody could release at the end of a stack.
        StackRoom.require()
        make(supply, fence, registry, ledger, thread).also(::enter)
    } catch (_: OutOfMemoryError) {
        // A thread that cannot have one does as virtual threads do.
        null
    }

    private fun enter(cache: ThreadCache) {
        try {
            table.add(cache)
            supply.shape.joined()
        } catch (full: OutOfMemoryError) {
            registry.forget(cache)
            throw full
        }
    }

    /** Runs [action] with a shared cache that no other thread uses meanwhile; false when all are in use. */
    inline fun withShared(action: (ThreadCache) -> Unit): Boolean {
        val slot = acquireShared() ?: return false
        try {
            action(slot.cache)
        } finally {
            slot.release()
        }
        return true
    }

    /** A shared cache, to be released by the caller; null when all are in use. */
    fun acquireShared(): SharedCaches.Slot? = shared.acquire()

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
