package dev.leasehold.memory.mapped

/**
 * What a mapped file promises when something ends in the middle. It is the file's from the time when it is made.
 *
 * | | a process is killed | the power fails, or the system |
 * |---|---|---|
 * | [PROCESS] | nothing is lost | the file is whole, or it is refused |
 * | [COMMIT] | nothing is lost | the file is as it was at the last [commit][MappedMemoryManager.commit] |
 * | [NONE] | nothing is lost | the file is empty |
 */
public enum class MappedDurability {
    /**
     * Whatever happens to a process, the file is consistent, and has all that was finished before. After a start of the
     * system it is looked at in whole, and refused if the disk had not got all of it.
     */
    PROCESS,

    /**
     * As [PROCESS]; and [commit][MappedMemoryManager.commit] makes all changes of links, roots, maps and words before it
     * survive a failure of the power, all of them or none. The bytes of a block are safe from the commit after it was
     * linked: write a new block and link it in the place of the old one rather than to write over what is committed.
     *
     * Each change is also written into a journal in the file, 16 bytes a word, and a block that was unlinked is used
     * again after the next commit only. Chunks in a [MappedRing] are no such change: after a failure of the power a ring
     * may have any of them, or be refused.
     */
    COMMIT,

    /** For scratch: after a start of the system the file is empty. */
    NONE,
}
