package dev.leasehold.benchmarks

/**
 * A rival that not every machine has. Where it is absent its benchmarks are left out, and [skipMessage] says so.
 *
 * @property contestant the name of its benchmark methods
 * @property file its name to the dynamic linker, with the version of its interface
 * @property origin Debian's package of it, and what else it needs
 */
internal enum class OptionalLibrary(
    val contestant: String,
    val file: String,
    val origin: String,
    private val malloc: String,
    private val free: String,
) {
    MIMALLOC("mimalloc", "libmimalloc.so.2", "libmimalloc2.0", "mi_malloc", "mi_free"),

    /**
     * Its thread-local storage is static, and the linker keeps too little room of that kind for libraries that come
     * late.
     */
    JEMALLOC(
        "jemalloc",
        "libjemalloc.so.2",
        "libjemalloc2, and loads it with GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384 in the environment",
        "malloc",
        "free",
    ),
    ;

    /** Matches the names of the benchmarks that need the library. */
    val benchmarks: String get() = "\\.$contestant$"

    val skipMessage: String
        get() = "Skipped: $contestant, for the dynamic linker cannot load $file. Debian has it in the package $origin."

    /** @throws IllegalStateException when the machine does not have it */
    fun load(): CHeap = CHeap.find(file, malloc, free).orElseThrow { IllegalStateException(skipMessage) }

    companion object {
        /** Those that this machine does not have. */
        fun absent(): List<OptionalLibrary> = entries.filter { CHeap.find(it.file, it.malloc, it.free).isEmpty }
    }
}
