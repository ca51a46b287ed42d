package dev.leasehold.memory.typed

/**
 * Where the bytes of a buffer lie: a fact that is read from the memory itself, and no hint that somebody set.
 *
 * | | the host reads and writes it | a device does | |
 * |---|---|---|---|
 * | [Host] | yes | after a transfer | the process's own memory |
 * | [Mapped] | yes | after a transfer | a mapped file |
 * | [HostPinned] | yes | after a transfer, a fast one | the process's own memory, kept in place for a device |
 * | [Unified] | yes | yes | what the host and a device reach by the same addresses |
 * | [Device] | after a transfer | yes | the memory of a device |
 *
 * Memory of the last three kinds comes from the managers of the module `memory-device`.
 *
 * @property isHostReadable whether views show it, so that the host reads and writes it
 * @property isDeviceReadable whether code on its device reads and writes it
 */
public sealed class MemoryLocation(public val isHostReadable: Boolean, public val isDeviceReadable: Boolean) {
    /** Whether its bytes must be transferred before the other side can use them. */
    public val needsTransfer: Boolean get() = !(isHostReadable && isDeviceReadable)

    /** In the process's own memory: nothing else holds the bytes, and they go with the process. */
    public data object Host : MemoryLocation(true, false)

    /** In a mapped file: what is written reaches the file, and every process that has mapped it. */
    public data object Mapped : MemoryLocation(true, false)

    /** In the process's own memory, at pages that the system keeps in place for the transfers of a device. */
    public data object HostPinned : MemoryLocation(true, false)

    /** Where the host and a device reach the bytes by the same addresses, so that nothing is ever transferred. */
    public data object Unified : MemoryLocation(true, true)

    /**
     * In the memory of a device.
     *
     * @property index which device: its place in the list of devices
     */
    public class Device(public val index: Int) : MemoryLocation(false, true) {
        /** Whether [other] is the same device. */
        override fun equals(other: Any?): Boolean = other is Device && other.index == index

        /** As [equals]. */
        override fun hashCode(): Int = index

        /** `Device 0`. */
        override fun toString(): String = "Device $index"
    }
}
