package dev.leasehold.memory.internal.typed

import java.io.IOException
import java.nio.file.Files
import java.nio.file.Path

/** How many bytes a processor moves between its caches at once. */
internal object CacheLine {
    private const val USUAL = 64L
    private const val OF_APPLE = 128L
    private val ON_LINUX = Path.of("/sys/devices/system/cpu/cpu0/cache/index0/coherency_line_size")

    /** The size of a line on this machine; the usual one where the system does not say. */
    val bytes: Long by lazy { ofLinux() ?: if (isApple()) OF_APPLE else USUAL }

    private fun ofLinux(): Long? = try {
        if (Files.isReadable(ON_LINUX)) parse(Files.readString(ON_LINUX)) else null
    } catch (_: IOException) {
        null
    }

    /** The size that [text] says, if it can be one. */
    fun parse(text: String): Long? =
        text.trim().toLongOrNull()?.takeIf { it in 16..4096 && java.lang.Long.bitCount(it) == 1 }

    private fun isApple() =
        System.getProperty("os.name").startsWith("Mac") && System.getProperty("os.arch") == "aarch64"
}
