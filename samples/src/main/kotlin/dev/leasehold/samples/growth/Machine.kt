package dev.leasehold.samples.growth

import com.sun.management.OperatingSystemMXBean
import java.lang.management.ManagementFactory
import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.readLines

/** What the machine says of this process and of its own memory; null where the system does not say. */
internal interface Machine {
    /** How many bytes of this process lie in real memory now, the JVM itself included. */
    fun resident(): Long?

    /** How many bytes the system could still give without swapping. */
    fun free(): Long?

    companion object {
        /** The machine that this runs on. */
        fun here(): Machine = if (Files.isReadable(LinuxMachine.STATM)) LinuxMachine() else OtherMachine
    }
}

/** Any system but Linux: only what the JVM knows. */
internal object OtherMachine : Machine {
    private val system = ManagementFactory.getOperatingSystemMXBean() as OperatingSystemMXBean

    override fun resident(): Long? = null

    override fun free(): Long? = system.freeMemorySize
}

/** Linux, by its files under [proc]. */
internal class LinuxMachine(private val proc: Path = Path.of("/proc")) : Machine {
    private val system = ManagementFactory.getOperatingSystemMXBean() as OperatingSystemMXBean
    private val pageSize = kibibytes("self/smaps", "KernelPageSize:") ?: SMALLEST_PAGE

    // The second figure of statm is what is resident, in pages.
    override fun resident(): Long? = proc.resolve("self/statm").readLines().first().split(' ')[1].toLong() * pageSize

    /** The lesser of what the machine and, where there is one, the container has left. */
    override fun free(): Long? {
        val total = kibibytes("meminfo", "MemTotal:") ?: return null
        val available = kibibytes("meminfo", "MemAvailable:") ?: return null
        // Free pages alone would leave out what the system's file cache would give up; a container counts its own.
        return if (system.totalMemorySize < total) minOf(available, system.freeMemorySize) else available
    }

    private fun kibibytes(file: String, label: String): Long? = proc.resolve(file).toFile().useLines { lines ->
        val line = lines.firstOrNull { it.startsWith(label) } ?: return@useLines null
        line.removePrefix(label).removeSuffix("kB").trim().toLong() * KIBIBYTE
    }

    companion object {
        /** Where Linux says how large a process is. */
        val STATM: Path = Path.of("/proc/self/statm")
        private const val KIBIBYTE = 1024L
        private const val SMALLEST_PAGE = 4 * KIBIBYTE
    }
}
