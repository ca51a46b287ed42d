package dev.leasehold.memory.arrow.internal

/** Refuses another Arrow than this was made for, before one of its classes fails to load. */
internal object ArrowVersion {
    private const val NEEDED = "19"
    private const val CLASS = "org.apache.arrow.memory.AllocationManager"
    private const val TITLE = "Arrow Memory"

    /** Throws unless [loader] finds Arrow 19. An Arrow that does not name its version is taken for it. */
    fun require(loader: ClassLoader = ArrowVersion::class.java.classLoader) {
        val type = try {
            Class.forName(CLASS, false, loader)
        } catch (absent: ClassNotFoundException) {
            throw IllegalStateException(
                "leasehold-arrow needs Apache Arrow $NEEDED, and there is none: " +
                    "add org.apache.arrow:arrow-memory-core:$NEEDED.x",
                absent,
            )
        }
        val found = type.module.descriptor?.rawVersion()?.orElse(null) ?: writtenVersion(type.`package`)
        check(found == null || found.substringBefore('.') == NEEDED) {
            "leasehold-arrow needs Apache Arrow $NEEDED, and found $found: " +
                "let the build take org.apache.arrow:arrow-memory-core:$NEEDED.x"
        }
    }

    // In a jar that has an application and all that it needs, the version is the application's.
    private fun writtenVersion(of: Package): String? =
        if (of.implementationTitle.orEmpty().startsWith(TITLE)) of.implementationVersion else null
}
