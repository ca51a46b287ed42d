package dev.leasehold.memory.typed

import java.lang.foreign.MemorySegment
import java.util.function.LongUnaryOperator
import java.util.function.ToLongFunction

/**
 * How a dictionary spreads its keys: a function of their bits or bytes, and a name for it.
 *
 * A dictionary says in its block by the name which function its entries lie by, and is opened with the same only. So a
 * function that is changed gets another name.
 *
 * All 64 bits of a hash count. They need not be well mixed: the dictionary mixes them once more, by a multiplication.
 * Equal keys must have equal hashes, always; floats are hashed by their bits, all NaNs by the same ones.
 *
 * **Threads.** The function is called by all threads that use dictionaries with it. **Cost.** It is called once for each
 * look at a key; for structs never when entries move, as their hashes are kept.
 *
 * @property name what dictionaries call it in their blocks
 */
public class KeyHash<K> private constructor(
    public val name: String,
    @JvmField internal val ofBits: LongUnaryOperator?,
    @JvmField internal val ofBytes: ToLongFunction<MemorySegment>?,
) {
    /** `KeyHash` and its name. */
    override fun toString(): String = "KeyHash '$name'"

    /** Makes hashes. */
    public companion object {
        /** What dictionaries with primitive keys use if nothing else is said: the bits, which are then mixed. */
        internal val BITS: KeyHash<Any?> = KeyHash("bits", null, null)

        /** What dictionaries with structs as keys use if nothing else is said. */
        internal val BYTES: KeyHash<Any?> = KeyHash("bytes", null, null)

        /**
         * A hash of primitive keys: [hash] gets the bits of one, widened to a long with its sign.
         *
         * @param name what dictionaries call it in their blocks
         */
        @JvmStatic
        public fun <K> ofBits(name: String, hash: LongUnaryOperator): KeyHash<K> = KeyHash(name, hash, null)

        /**
         * A hash of keys that are structs: [hash] gets a view of one.
         *
         * @param name what dictionaries call it in their blocks
         */
        @JvmStatic
        public fun <K> ofBytes(name: String, hash: ToLongFunction<MemorySegment>): KeyHash<K> =
            KeyHash(name, null, hash)
    }
}
