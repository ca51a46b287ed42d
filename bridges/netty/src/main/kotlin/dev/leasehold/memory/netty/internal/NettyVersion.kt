package dev.leasehold.memory.netty.internal

import java.util.Properties

/** Refuses another Netty than this was made for, before one of its classes fails to load. */
internal object NettyVersion {
    private const val NEEDED = "4.2"
    private const val CLASS = "io.netty.buffer.AbstractByteBufAllocator"
    private const val VERSIONS = "META-INF/io.netty.versions.properties"

    /** Throws unless [loader] finds Netty 4.2. A Netty that does not name its version is taken for it. */
    fun require(loader: ClassLoader = NettyVersion::class.java.classLoader) {
        val found = find(loader)
        check(found == null || found == NEEDED || found.startsWith("$NEEDED.")) {
            "leasehold-netty needs Netty $NEEDED, and found $found: let the build take io.netty:netty-buffer:$NEEDED.x"
        }
    }

    private fun find(loader: ClassLoader): String? {
        val type = try {
            Class.forName(CLASS, false, loader)
        } catch (absent: ClassNotFoundException) {
            throw IllegalStateException(
                "leasehold-netty needs Netty $NEEDED, and there is none: add io.netty:netty-buffer:$NEEDED.x",
                absent,
            )
        }
        return writtenVersion(type.classLoader ?: loader)
    }

    // Not what the jar's manifest says: of one that has an application and all that it needs, that is the application's.
    private fun writtenVersion(loader: ClassLoader): String? {
        val versions = Properties()
        for (file in loader.getResources(VERSIONS)) file.openStream().use(versions::load)
        return versions.getProperty("netty-buffer.version")
    }
}
