package dev.leasehold.memory.internal.platform

import java.io.FileInputStream
import java.io.IOException
import java.nio.file.Files
import java.nio.file.Path

/**
 * What the system allows a process besides memory, as Linux shows it: how many mappings, and how many bytes of address
 * space (`RLIMIT_AS`). Where the latter is bounded the library leaves some: the virtual machine ends the process when
 * it finds none for itself.
 *
 * @property mostMappings how many mappings a process may have
 * @property mostSpace how many bytes of addresses; [Long.MAX_VALUE] for no bound
 * @property hugePages whether the system backs memory by huge pages that did not ask for them
 */
internal class ProcessBounds(val mostMappings: Long, private val mostSpace: Long, val hugePages: Boolean) {
    private val usable = mostSpace - (mostSpace / KEPT_PART).coerceIn(LEAST_KEPT, MOST_KEPT)

    /** Whether [bytes] more leave addresses to the virtual machine. */
    fun haveRoom(bytes: Long): Boolean = mostSpace == Long.MAX_VALUE || bytes <= usable - usedSpace()

    fun noRoom(): Platform.SystemRefusal = Platform.SystemRefusal(
        "the process may have ${bytes(mostSpace)} of addresses (RLIMIT_AS), ${bytes(usedSpace())} are taken, and " +
            "${bytes(mostSpace - usable)} are left to the virtual machine",
        "raise the limit (ulimit -v)",
    )

    /** Why the system has refused memory with [error]. */
    fun explain(error: Int): Platform.SystemRefusal {
        val count = if (error == NO_MEMORY) countMappings() else 0
        return if (count >= mostMappings - FEW) {
            Platform.SystemRefusal(
                "the process has ${grouped(count)} of the ${grouped(mostMappings)} mappings that it may have " +
                    "(vm.max_map_count)",
                "raise that bound",
            )
        } else {
            Platform.SystemRefusal("mmap: errno $error", "give the process more memory")
        }
    }

    private fun usedSpace(): Long = firstNumber(text("/proc/self/statm") ?: "0") * PosixCalls.getpagesize()

    private fun countMappings(): Long = try {
        Files.lines(Path.of("/proc/self/maps"), Charsets.ISO_8859_1).use { it.count() }
    } catch (_: IOException) {
        0
    }

    internal companion object {
        private const val NO_MEMORY = 12
        private const val KEPT_PART = 8L
        private const val LEAST_KEPT = 64L shl 20
        private const val MOST_KEPT = 512L shl 20

        // The special ones that the system shows, and those that come and go meanwhile.
        private const val FEW = 64L

        // Of Linux, where it is not shown.
        private const val USUAL_MAPPINGS = 65_530L

        val NONE: ProcessBounds = ProcessBounds(Long.MAX_VALUE, Long.MAX_VALUE, hugePages = false)

        fun ofLinux(): ProcessBounds = ProcessBounds(
            mostMappings = text("/proc/sys/vm/max_map_count")?.let(::firstNumber) ?: USUAL_MAPPINGS,
            mostSpace = text("/proc/self/limits")?.lines()?.find { it.startsWith(SPACE) }
                ?.let { it.removePrefix(SPACE).trim().substringBefore(' ').toLongOrNull() } ?: Long.MAX_VALUE,
            hugePages = text("/sys/kernel/mm/transparent_hugepage/enabled")?.contains("[always]") == true,
        )

        private const val SPACE = "Max address space"

        private fun firstNumber(text: String) = text.trim().substringBefore(' ').toLong()

        // In one read: some of these files have nothing for a second one.
        private fun text(path: String): String? = try {
            FileInputStream(path).use { String(it.readAllBytes(), Charsets.ISO_8859_1) }
        } catch (_: IOException) {
            null
        }
    }
}
