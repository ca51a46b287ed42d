package dev.leasehold.memory.internal.platform

import java.util.TreeMap
import java.util.TreeSet
import java.util.WeakHashMap
import java.util.concurrent.atomic.AtomicLong

/**
 * The mappings of one platform that nobody uses and that have no pages, because the system did not take them, or would
 * have been left with a hole too many. They cost addresses only, and nobody pays for them. The next request of about
 * their size gets one, and the others go when the system can take them. Any thread.
 *
 * They go by ascending addresses: so each is the head of what the system has joined to one mapping, or follows one that
 * is in use, and no more holes come into being than there are mappings in use.
 */
internal class Hollows private constructor() {
    private class Hollow(val address: Long, val bytes: Long) : Comparable<Hollow> {
        override fun compareTo(other: Hollow): Int =
            compareValuesBy(this, other, Hollow::bytes).takeIf { it != 0 } ?: address.compareTo(other.address)
    }

    private val byAddress = TreeMap<Long, Hollow>()
    private val bySize = TreeSet<Hollow>()

    private val warnAt = AtomicLong(System.nanoTime())

    /** Whether a refusal of this platform may go to the log: about one a second. */
    fun mayWarn(): Boolean {
        val now = System.nanoTime()
        val due = warnAt.get()
        return now - due >= 0 && warnAt.compareAndSet(due, now + PAUSE_NANOS)
    }

    /** How many there are. */
    @Volatile
    var count: Int = 0
        private set

    /** Keeps the [bytes] at [address], whose pages are gone. With a full heap they are lost: only addresses. */
    fun add(address: Long, bytes: Long): Unit = synchronized(this) {
        try {
            val hollow = Hollow(address, bytes)
            bySize += hollow
            byAddress[address] = hollow
        } catch (_: OutOfMemoryError) {
            // It happens at the end of a close, which must not fail for that.
            bySize.removeIf { it.address == address }
        } finally {
            count = byAddress.size
        }
    }

    /**
     * Takes one of at least [bytes] and at most a quarter more, and hands its address and length to [use], which says
     * whether it wants it; its address, or 0.
     */
    fun take(bytes: Long, use: (bytes: Long) -> Boolean): Long {
        if (count == 0) return 0
        return synchronized(this) {
            val found = bySize.ceiling(Hollow(0, bytes))?.takeIf { it.bytes - bytes <= bytes / 4 && use(it.bytes) }
            found?.also(::remove)?.address ?: 0
        }
    }

    private fun remove(hollow: Hollow) {
        byAddress -= hollow.address
        bySize -= hollow
        count = byAddress.size
    }

    /** Gives some back to the system, if it may be able to take them. */
    fun unmapSome(platform: Platform, most: Int = SOME) {
        if (count == 0 || platform.mappingCount - count >= platform.manyMappings) return
        synchronized(this) {
            var left = most
            while (left-- > 0) {
                val first = byAddress.firstEntry()?.value ?: return
                if (!platform.tryUnmap(first.address, first.bytes)) return
                remove(first)
            }
        }
    }

    internal companion object {
        // Each is a system call under the lock of a store.
        private const val SOME = 16
        private const val PAUSE_NANOS = 1_000_000_000L

        // Platforms are few: the system's, and those of tests.
        private val all = WeakHashMap<Platform, Hollows>()

        fun of(platform: Platform): Hollows = synchronized(all) { all.getOrPut(platform, ::Hollows) }
    }
}
