package dev.leasehold.memory.mapped

import dev.leasehold.memory.MappedFileFormatException
import dev.leasehold.memory.MappedFileLimitException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.internal.mapped.DictionaryLayout
import dev.leasehold.memory.internal.mapped.DictionaryTable
import dev.leasehold.memory.internal.mapped.EntryBlocks
import dev.leasehold.memory.internal.mapped.Place
import java.util.function.BiConsumer
import java.util.function.Function

/**
 * A persistent map in the file of a [MappedMemoryManager]: keys and values of any length, used by any number of threads
 * and processes at once.
 *
 * ```
 * val stock = MappedDictionary.open(manager, "stock", MappedCodec.STRING, MappedCodec.LONG)
 * stock["apples"] = 12
 * stock.compute("apples") { (it ?: 0) - 1 }
 * ```
 *
 * Every change is whole: whatever happens to the process in the middle of one, it has been made or it has not, and what
 * has been made is there when the file is opened again. An entry is never changed where it lies; a new one takes its
 * place.
 *
 * **Threads.** Any, of any process. Readers take no lock, and wait for no one but a writer of the same part of the map
 * in the middle of its few stores. Writers of the same part, one of thousands in a large map, go one after the other.
 * **Memory.** Each entry has a block of the file of its own: its key and value, and 16 bytes. Beside are some 16 bytes
 * an entry. The map grows by steps: a part that is full is split, which takes some hundred microseconds at the most.
 * **Ownership.** It is the file's. This object owns nothing, and is good as long as [manager] is open. [Clear][clear] it
 * before its root is removed: without the root nothing leads to its entries any more, and they stay in the file.
 * **Cost.** A copy of the value for a [get]; a block and a dozen words for a change.
 *
 * @sample dev.leasehold.memory.samples.mappedDictionary
 */
public class MappedDictionary<K, V> private constructor(
    /** The manager whose file it lies in. */
    public val manager: MappedMemoryManager,
    /** The root that leads to it. */
    public val name: String,
    private val keys: MappedCodec<K>,
    private val values: MappedCodec<V>,
    private val table: DictionaryTable,
) {
    /** The value of [key]; null when there is none. */
    public operator fun get(key: K): V? = guarded { table.get(keys.encode(key)) }?.let(values::decode)

    /** Whether there is a value of [key]. */
    public operator fun contains(key: K): Boolean = guarded { table.get(keys.encode(key)) } != null

    /**
     * Runs [action] with a view of the value's bytes where they lie, without a copy; null when there is no value. The
     * bytes stay what they are until [action] returns, whatever others do with the map; they must not be written.
     *
     * @throws MappedFileLimitException when this session holds as many linked blocks as it can
     */
    @JvmSynthetic
    public fun <R : Any> read(key: K, action: (Segment) -> R): R? = guarded {
        val pinned = table.pin(keys.encode(key)) ?: return null
        try {
            manager.viewing(pinned.at, pinned.size, action)
        } finally {
            table.release(pinned)
        }
    }

    /**
     * Gives [key] the [value].
     *
     * @throws MemoryExhaustedException when a limit, the file's largest size or the disk stops it
     */
    public operator fun set(key: K, value: V): Unit = writing { table.put(keys.encode(key), values.encode(value)) }

    /** Removes [key]; false when it had no value. */
    @IgnorableReturnValue
    public fun remove(key: K): Boolean = writing {
        var had = false
        table.change(keys.encode(key)) { before ->
            had = before != null
            null
        }
        had
    }

    /**
     * Removes all entries that there are now, one after the other; one that others put meanwhile may stay. **Cost.** That
     * of as many removals. The parts of the map stay for new entries.
     */
    public fun clear(): Unit = writing { table.forEach { key, _ -> table.change(key) { null } } }

    /**
     * The value of [key]; what [make] makes, which it has then, when it had none. [make] is called once at the most.
     */
    @IgnorableReturnValue
    public fun getOrPut(key: K, make: () -> V): V {
        get(key)?.let { return it }
        return writing {
            val bytes = table.change(keys.encode(key)) { before -> before?.let { KEEP } ?: values.encode(make()) }
            values.decode(checkNotNull(bytes))
        }
    }

    /** Gives [key] the [next] value if it has the [expected] one now; null stands for no value. */
    public fun compareAndSet(key: K, expected: V?, next: V?): Boolean = writing {
        var isSet = false
        val bytes = expected?.let(values::encode)
        table.change(keys.encode(key)) { before ->
            isSet = before.contentEquals(bytes)
            if (isSet) next?.let(values::encode) else KEEP
        }
        isSet
    }

    /**
     * Gives [key] what [action] makes of its value, null standing for none; returns that. No other changes this part of
     * the map meanwhile, so keep it short, and use this map in it for nothing.
     */
    @JvmSynthetic
    @IgnorableReturnValue
    public fun compute(key: K, action: (V?) -> V?): V? = writing {
        val bytes = table.change(keys.encode(key)) { before ->
            action(before?.let(values::decode))?.let(values::encode)
        }
        bytes?.let(values::decode)
    }

    /** [compute], for Java. */
    @IgnorableReturnValue
    public fun compute(key: K, action: Function<in V?, out V?>): V? = compute(key) { action.apply(it) }

    /** How many entries there are: exact while nobody changes it. **Cost.** A look at each part of the map. */
    public val size: Long get() = guarded { table.count() }

    /**
     * Runs [action] with each entry that is there all the time, once; one that comes or goes meanwhile is met or not.
     * Others may change the map, also [action].
     */
    @JvmSynthetic
    public fun forEach(action: (K, V) -> Unit): Unit =
        guarded { table.forEach { key, value -> action(keys.decode(key), values.decode(value)) } }

    /** [forEach], for Java. */
    public fun forEach(action: BiConsumer<in K, in V>): Unit = forEach { key, value -> action.accept(key, value) }

    private inline fun <R> guarded(action: () -> R): R = manager.session.guarded(action)

    private inline fun <R> writing(action: () -> R): R = manager.writing(action)

    /** The name and the file, for logs. */
    override fun toString(): String = "MappedDictionary '$name' in ${manager.path}"

    /** Makes and opens maps. */
    public companion object {
        private val KEEP = DictionaryTable.Decision.KEEP

        /**
         * Opens the map that the root [name] leads to; makes an empty one where there is no such root.
         *
         * @throws MappedFileFormatException when the root leads to something else, or to a map of a newer version
         * @throws MemoryExhaustedException when there is no room for a new one
         */
        @JvmStatic
        public fun <K, V> open(
            manager: MappedMemoryManager,
            name: String,
            keys: MappedCodec<K>,
            values: MappedCodec<V>,
        ): MappedDictionary<K, V> {
            val ref = manager.roots[name]
            val place = if (ref.isNone) manager.writing { make(manager, name) } else manager.placeOf(ref)
            val head = checkNotNull(place) { "the root '$name' leads nowhere" }.offset
            val words = manager.session.words
            val isOne = words.get(head + DictionaryLayout.KIND_AT) == DictionaryLayout.KIND &&
                words.get(head + DictionaryLayout.VERSION_AT) == DictionaryLayout.VERSION
            if (!isOne) {
                throw MappedFileFormatException(
                    "the root '$name' of the file ${manager.path} leads to no dictionary of this version",
                    manager.path,
                )
            }
            val table = DictionaryTable(manager.session, manager.entryBlocks(), head)
            return MappedDictionary(manager, name, keys, values, table)
        }

        private fun make(manager: MappedMemoryManager, name: String): Place {
            val blocks = manager.entryBlocks()
            val session = manager.session
            val words = session.words
            val held = ArrayList<EntryBlocks.Held>()
            try {
                val sizes = longArrayOf(
                    DictionaryLayout.HEAD_BYTES,
                    DictionaryLayout.directoryBytes(0),
                    DictionaryLayout.SEGMENT_BYTES,
                )
                for (size in sizes) held.add(blocks.take(size))
                val (head, directory, segment) = held.map { it.place }
                for ((place, size) in listOf(head, directory, segment).zip(sizes.asList())) {
                    for (at in 0 until size step Long.SIZE_BYTES.toLong()) words.setQuietly(place.offset + at, 0)
                }
                words.set(directory.offset + DictionaryLayout.PLACES_AT, segment.refOf(words.get(segment.state)))
                val directoryRef = directory.refOf(words.get(directory.state))
                words.set(head.offset + DictionaryLayout.DIRECTORY_AT, directoryRef)
                words.set(head.offset + DictionaryLayout.VERSION_AT, DictionaryLayout.VERSION)
                words.set(head.offset + DictionaryLayout.KIND_AT, DictionaryLayout.KIND)
                return linkRoot(manager, name, listOf(head, directory, segment))
            } finally {
                held.forEach(blocks::release)
            }
        }
    }
}
