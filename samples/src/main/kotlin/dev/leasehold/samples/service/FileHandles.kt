package dev.leasehold.samples.service

import com.sun.management.UnixOperatingSystemMXBean
import java.lang.management.ManagementFactory

/** Whether the system lets this process have as many connections open as a run needs, asked before it begins. */
internal object FileHandles {
    private const val OTHERS = 100L

    /**
     * Refuses a run of [workload] that would end in the middle for want of file handles; a connection within the
     * process takes two.
     *
     * @throws FileHandlesException when the limit is too low; the message says how to raise it
     */
    fun check(workload: Workload, limit: Long = limit()) {
        val needed = workload.clients * (2L + workload.filesPerClient) + OTHERS
        if (needed > limit) {
            throw FileHandlesException(
                "${workload.clients} clients need about $needed file handles, and this process may open $limit more: " +
                    "raise the limit with 'ulimit -n ${needed + OTHERS}' and start again, or take fewer with --clients",
            )
        }
    }

    /** How many more may be opened. */
    private fun limit(): Long {
        val system = ManagementFactory.getOperatingSystemMXBean() as? UnixOperatingSystemMXBean ?: return Long.MAX_VALUE
        return system.maxFileDescriptorCount - system.openFileDescriptorCount
    }
}

/** The system does not let the process open as many files as the run needs. */
internal class FileHandlesException(message: String) : RuntimeException(message)
