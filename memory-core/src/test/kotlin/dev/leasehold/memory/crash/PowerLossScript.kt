package dev.leasehold.memory.crash

import dev.leasehold.memory.Block
import dev.leasehold.memory.allocate
import dev.leasehold.memory.mapped.MappedCodec
import dev.leasehold.memory.mapped.MappedDictionary
import dev.leasehold.memory.mapped.MappedMemoryManager
import kotlin.random.Random

/**
 * Random work in a file with commits: blocks by roots, words that transactions set in them, words of the user area, and
 * a map. What they were at a commit is a [State].
 */
internal class PowerLossScript(private val manager: MappedMemoryManager, private val random: Random) {
    /** All that the file is to have. */
    data class State(val roots: Map<String, List<Long>>, val word: Long, val entries: Map<Long, String>)

    private val roots = HashMap<String, List<Long>>()
    private val entries = HashMap<Long, String>()
    private var word = 0L
    private val map = mapIn(manager)

    val state: State get() = State(HashMap(roots), word, HashMap(entries))

    /** Does one operation. */
    fun step() {
        when (random.nextInt(12)) {
            0, 1 -> setRoot(name())
            2 -> removeRoot(name())
            3 -> swap()
            4, 5 -> setWords(name())
            6 -> setUserWord()
            7, 8, 9 -> put()
            10 -> remove()
            else -> shrink(name())
        }
    }

    private fun name() = "root ${random.nextInt(4)}"

    private fun written(): Pair<Block, List<Long>> {
        val block = manager.allocate(Long.SIZE_BYTES.toLong() * SIZES[random.nextInt(SIZES.size)])
        val content = List((block.size / Long.SIZE_BYTES).toInt()) { random.nextLong() }
        // Through the words of the file, so that the disk of the test hears of it.
        val at = manager.placeOf(block).offset
        for ((index, value) in content.withIndex()) {
            manager.session.words.setQuietly(at + index * Long.SIZE_BYTES, value)
        }
        return block to content
    }

    private fun setRoot(name: String) {
        val (block, content) = written()
        manager.roots[name] = block
        block.close()
        roots[name] = content
    }

    private fun removeRoot(name: String) {
        manager.roots.remove(name)
        roots.remove(name)
    }

    private fun swap() {
        val (first, second) = name() to name()
        manager.transaction {
            val one = root(first)
            val other = root(second)
            if (!one.isNone) link(one)
            setRoot(first, other)
            setRoot(second, one)
            if (!one.isNone) unlink(one)
        }
        val (one, other) = roots[first] to roots[second]
        if (other == null) roots.remove(first) else roots[first] = other
        if (one == null) roots.remove(second) else roots[second] = one
    }

    private fun setWords(name: String) {
        val content = roots[name]?.toMutableList() ?: return
        val block = checkNotNull(manager.roots.open(name))
        manager.transaction {
            repeat(3) {
                val index = random.nextInt(content.size)
                content[index] = random.nextLong()
                setWord(block, index.toLong() * Long.SIZE_BYTES, content[index])
            }
        }
        block.close()
        roots[name] = content
    }

    private fun setUserWord() {
        word = random.nextLong()
        manager.setUserWord(7, word)
    }

    private fun put() {
        val key = random.nextLong(60)
        val text = "x".repeat(random.nextInt(200)) + random.nextInt()
        map[key] = text
        entries[key] = text
    }

    private fun remove() {
        val key = random.nextLong(60)
        map.remove(key)
        entries.remove(key)
    }

    private fun shrink(name: String) {
        val content = roots[name] ?: return
        val words = random.nextInt(1, content.size + 1)
        val block = checkNotNull(manager.roots.open(name))
        val size = words.toLong() * Long.SIZE_BYTES
        // The size is the last word of the block, where it has room for that.
        val isSame = words == content.size
        block.resize(size).close()
        if (!isSame) roots[name] = content.take(words)
    }

    companion object {
        private val SIZES = intArrayOf(1, 6, 8, 100, 500, 9_000)

        private fun mapIn(manager: MappedMemoryManager) =
            MappedDictionary.open(manager, "map", MappedCodec.LONG, MappedCodec.STRING)

        /** What is in the file of [manager]. */
        fun read(manager: MappedMemoryManager): State {
            val roots = manager.roots.names.filter { it != "map" }.associateWith { name ->
                checkNotNull(manager.roots.open(name)).use { block ->
                    block.withSegment { s -> List((s.size / Long.SIZE_BYTES).toInt()) { s.getLong(it * 8L) } }
                }
            }
            val entries = HashMap<Long, String>()
            if ("map" in manager.roots.names) mapIn(manager).forEach { key, value -> entries[key] = value }
            return State(roots, manager.userWord(7), entries)
        }
    }
}
