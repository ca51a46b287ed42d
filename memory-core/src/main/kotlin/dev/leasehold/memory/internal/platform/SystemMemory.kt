package dev.leasehold.memory.internal.platform

import com.sun.management.OperatingSystemMXBean
import java.lang.management.ManagementFactory

/** How much memory this process can have. */
internal object SystemMemory {
    /**
     * The memory limit of the container, or, where there is none, the memory of the machine; [Long.MAX_VALUE] on a
     * virtual machine that does not know.
     *
     * The figure is the virtual machine's. It reads the files of the control groups (versions 1 and 2, the lowest limit
     * from the process's own group up to the root, wherever they are mounted), sizes the heap by the same figure, and
     * honours `-XX:-UseContainerSupport`; so heap and budget never disagree. It reads them anew for each call, so that a
     * limit that has changed shows.
     */
    fun totalBytes(): Long {
        val system = ManagementFactory.getOperatingSystemMXBean()
        val bytes = (system as? OperatingSystemMXBean)?.totalMemorySize ?: 0
        return if (bytes > 0) bytes else Long.MAX_VALUE
    }
}
