package dev.leasehold.memory.internal.platform

import java.util.concurrent.atomic.AtomicLong

/**
 * How many bytes all copies of this library in this process hold together. A process has several where each of its
 * class loaders, such as a server's web applications, has loaded one; their roots count here, so that they do not each
 * take the whole machine.
 *
 * The number lies in a page of native memory that is never given back. Its address stands in the system property
 * [PROPERTY], a plain string like all others, with the process and its start before it: a property that was passed on
 * to another process means nothing there. Nothing that one copy leaves here refers to its classes. What a copy has
 * counted comes off when its class loader is garbage.
 */
internal class ProcessTotal private constructor(private val word: ProcessWord) {
    /** The bytes of all copies. */
    val bytes: Long get() = word.get()

    /** Adds [more] bytes, unless that makes more than [most] in all; whether it did. Allocates nothing. */
    fun claim(more: Long, most: Long): Boolean = word.add(more, most)

    /** Takes [fewer] bytes off that this copy has [claimed][claim]. */
    fun release(fewer: Long): Unit = word.subtract(fewer)

    /** From now on this copy counts in [own] what it has claimed; when the copy is garbage, that comes off. */
    fun join(own: AtomicLong): Unit = Background.atTheEnd(LoaderFree.takingOff(own, word.adder()))

    companion object {
        const val PROPERTY: String = "dev.leasehold.memory.total"

        // For a copy that may not reach native memory.
        private const val NONE = "none"

        /** The total of this process; null, with a warning if there is another copy, where this one can reach none. */
        fun find(platform: Platform = Platform.current): ProcessTotal? {
            val process = "${identity()}@"
            // Atomic, as all of a map of properties is.
            var isFirst = false
            val entry = System.getProperties().compute(PROPERTY) { _, old ->
                isFirst = (old as? String)?.startsWith(process) != true
                if (isFirst) process + fresh(platform) else old
            } as String
            val address = entry.removePrefix(process)
            if (address != NONE && platform.bindsViews) return at(address.toLong(HEX), platform)
            if (!isFirst) {
                Log.warn(
                    "another copy of Leasehold runs in this process, and the two cannot count together without " +
                        "--enable-native-access for both: each assumes that it alone has all memory of the machine " +
                        "or container. Set MemoryBudget.root().limit in each",
                )
            }
            return null
        }

        /** The total in the word at [address]. */
        fun at(address: Long, platform: Platform): ProcessTotal =
            ProcessTotal(ProcessWord(platform.view(address, Long.SIZE_BYTES.toLong(), null)))

        private fun identity(): String {
            val process = ProcessHandle.current()
            return "${process.pid()}-${process.info().startInstant().map { it.toEpochMilli() }.orElse(0)}"
        }

        private fun fresh(platform: Platform): String {
            val address = if (platform.bindsViews) platform.mapForGood(platform.pageSize) else 0
            return if (address == 0L) NONE else java.lang.Long.toHexString(address)
        }

        private const val HEX = 16
    }
}
