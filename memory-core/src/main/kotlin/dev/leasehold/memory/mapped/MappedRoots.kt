package dev.leasehold.memory.mapped

import dev.leasehold.memory.Block
import dev.leasehold.memory.MappedFileDamagedException
import dev.leasehold.memory.MappedFileLimitException
import dev.leasehold.memory.MappedReferenceException
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.internal.mapped.FileLayout

/**
 * The named roots of a file: where one begins who opens it.
 *
 * A root is a link to a block. The block lives as long as a link leads to it, also when no process has the file open.
 *
 * **Threads.** Any, of any process. Reads take no lock; changes are made one after the other, each as one.
 * **Cost.** A look at up to 1,024 places; a change takes a lock of the file, and a few words more.
 *
 * @sample dev.leasehold.memory.samples.mappedRoots
 */
public class MappedRoots internal constructor(private val manager: MappedMemoryManager) {
    /** The reference of the root [name]; [MappedRef.NONE] when there is none. For Java a `long`. */
    @JvmName("get")
    public operator fun get(name: String): MappedRef = MappedRef(manager.rootOf(bytesOf(name)))

    /**
     * The block of the root [name], with a reference that the caller closes; null when there is no such root.
     *
     * @throws MemoryExhaustedException when a limit stops it
     * @throws MappedFileLimitException when this session holds as many linked blocks as it can
     * @throws MappedFileDamagedException when the root leads to no block
     */
    public fun open(name: String): Block? {
        while (true) {
            val ref = get(name)
            if (ref.isNone) return null
            // Else it has been replaced since.
            manager.find(ref)?.let { return it }
            manager.requireLinked(name, ref)
        }
    }

    /**
     * Makes [block] the root [name], in place of the one that was.
     *
     * @throws MappedFileLimitException when there is no such root yet, and there are 1,024 others
     * @throws MemoryConfigurationException when the name is empty, or has more than 112 bytes in UTF-8
     */
    public operator fun set(name: String, block: Block): Unit = manager.transaction { setRoot(name, block) }

    /**
     * Makes the block of [ref], which a link leads to, the root [name]; removes the root where [ref] is
     * [MappedRef.NONE].
     *
     * @throws MappedReferenceException when no link leads to a block of [ref]
     */
    @JvmName("set")
    public operator fun set(name: String, ref: MappedRef): Unit = manager.transaction { setRoot(name, ref) }

    /** Removes the root [name]; false when there is none. */
    @IgnorableReturnValue
    public fun remove(name: String): Boolean = manager.transaction {
        val before = root(name)
        if (!before.isNone) setRoot(name, MappedRef.NONE)
        !before.isNone
    }

    /** Makes [block] the root [name], if that is [expected] now, or there is none and that is [MappedRef.NONE]. */
    @JvmName("compareAndSet")
    public fun compareAndSet(name: String, expected: MappedRef, block: Block): Boolean = manager.transaction {
        val same = root(name) == expected
        if (same) setRoot(name, block)
        same
    }

    /** The names of all roots of this moment. */
    public val names: List<String> get() = manager.allRoots().map { it.first }

    internal companion object {
        fun bytesOf(name: String): ByteArray {
            val bytes = name.encodeToByteArray()
            if (bytes.size in 1..FileLayout.ROOT_NAME_BYTES) return bytes
            throw MemoryConfigurationException(
                "the name of a root has between 1 and ${FileLayout.ROOT_NAME_BYTES} bytes in UTF-8, and '$name' has " +
                    "${bytes.size}",
            )
        }
    }
}
