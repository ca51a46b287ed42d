package dev.leasehold.memory.typed

/** Where the bytes of a buffer lie: a fact that is read from the memory itself, and no hint that somebody set. */
public enum class MemoryLocation {
    /** In the process's own memory: nothing else holds the bytes, and they go with the process. */
    HOST,

    /** In a mapped file: what is written reaches the file, and every process that has mapped it. */
    MAPPED_FILE,
}
