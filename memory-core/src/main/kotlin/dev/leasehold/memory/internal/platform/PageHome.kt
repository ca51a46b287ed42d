package dev.leasehold.memory.internal.platform

/**
 * Where pages lie that a [Platform] maps.
 *
 * @property device the number of the device whose memory they are, or that reaches them; -1 for none
 */
internal data class PageHome(val kind: Kind, val device: Int = -1) {
    enum class Kind {
        /** The process's own. */
        PROCESS,

        /** A file's. */
        FILE,

        /** The process's own, kept in place for a device's transfers. */
        PINNED,

        /** What the host and a device reach by the same addresses. */
        UNIFIED,

        /** A device's own: addresses name them, but the host cannot follow those. */
        DEVICE,
    }

    /** Whether the host can follow their addresses. */
    val isHostReadable: Boolean get() = kind != Kind.DEVICE

    companion object {
        @JvmField val PROCESS = PageHome(Kind.PROCESS)

        @JvmField val FILE = PageHome(Kind.FILE)
    }
}
