package dev.leasehold.memory.crash

import dev.leasehold.memory.Block
import dev.leasehold.memory.allocate
import dev.leasehold.memory.mapped.MappedDurability
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedRef
import kotlin.random.Random

/** Work in a file by a process that may die at any moment, and what the file must have then. */
internal interface CrashedWork {
    /** Does [count] operations in [manager]. */
    fun run(manager: MappedMemoryManager, seed: Long, count: Int)

    /** Compares the file with what it must have, and goes on from what it has; returns what is wrong. */
    fun check(manager: MappedMemoryManager): List<String>
}

/**
 * Random work in a file, and what the file must have afterwards: each root that was set, with the bytes that its block
 * had then; of the one operation that was under way, all or nothing.
 */
internal class CrashScript : CrashedWork {
    /** What a root leads to: the first word of its block. None for a root that there is not. */
    private val roots = HashMap<String, Long>()

    // What the operation under way makes of them.
    private var next: Map<String, Long?>? = null
    private var userWord = 0L
    private var nextUserWord: Long? = null

    override fun run(manager: MappedMemoryManager, seed: Long, count: Int) {
        val random = Random(seed)
        val held = ArrayList<Block>()
        val found = ArrayList<Block>()
        repeat(count) {
            when (random.nextInt(if (manager.durability == MappedDurability.COMMIT) 16 else 14)) {
                0, 1 -> held.add(manager.allocate(size(random)))
                2, 3 -> held.removeRandom(random)?.close()
                4, 5, 6 -> setRoot(manager, name(random), random)
                7 -> removeRoot(manager, name(random))
                8 -> swap(manager, random)
                9 -> manager.roots.open(name(random))?.let(found::add)
                10 -> held.removeRandom(random)?.let { held.add(it.resize(size(random))) }
                11 -> found.removeRandom(random)?.close()
                12 -> manager.trim()
                13 -> manager.compact()
                else -> manager.commit()
            }
        }
        (held + found).forEach(Block::close)
    }

    private fun size(random: Random) = when (random.nextInt(8)) {
        in 0..3 -> random.nextLong(900, 1000)
        in 4..5 -> random.nextLong(3900, 4096)
        6 -> random.nextLong(20_000, 20_480)
        else -> random.nextLong(100_000, 300_000)
    }

    private fun name(random: Random) = "root ${random.nextInt(6)}"

    private fun <E> MutableList<E>.removeRandom(random: Random) =
        if (isEmpty()) null else removeAt(random.nextInt(size))

    private fun written(manager: MappedMemoryManager, random: Random): Pair<Block, Long> {
        val mark = random.nextLong()
        val block = manager.allocate(size(random))
        block.withSegment { segment ->
            for (at in 0..block.size - 8 step 8) segment.setLong(at, mark + at)
        }
        return block to mark
    }

    private fun setRoot(manager: MappedMemoryManager, name: String, random: Random) {
        val (block, mark) = written(manager, random)
        next = mapOf(name to mark)
        manager.roots[name] = block
        done()
        block.close()
    }

    private fun removeRoot(manager: MappedMemoryManager, name: String) {
        next = mapOf(name to null)
        manager.roots.remove(name)
        done()
    }

    /** Exchanges two roots, makes a third of a new block, and counts that, all in one. */
    private fun swap(manager: MappedMemoryManager, random: Random) {
        val (block, mark) = written(manager, random)
        next = mapOf("root 0" to roots["root 1"], "root 1" to roots["root 0"], "root 2" to mark)
        nextUserWord = userWord + 1
        manager.transaction {
            val first: MappedRef = root("root 0")
            val second = root("root 1")
            if (!first.isNone) link(first)
            setRoot("root 0", second)
            setRoot("root 1", first)
            if (!first.isNone) unlink(first)
            setRoot("root 2", block)
            setUserWord(7, userWord(7) + 1)
        }
        done()
        block.close()
    }

    private fun done() {
        roots.apply(next)
        next = null
        userWord = nextUserWord ?: userWord
        nextUserWord = null
    }

    private fun MutableMap<String, Long>.apply(changes: Map<String, Long?>?) {
        for ((name, mark) in changes.orEmpty()) if (mark == null) remove(name) else put(name, mark)
    }

    override fun check(manager: MappedMemoryManager): List<String> {
        val faults = ArrayList<String>()
        val found = HashMap<String, Long>()
        for (name in manager.roots.names) {
            val block = manager.roots.open(name)
            if (block == null) {
                faults.add("$name leads nowhere")
                continue
            }
            block.use { found[name] = markOf(it, name, faults) }
        }
        val after = HashMap(roots).apply { apply(next) }
        val word = manager.userWord(7)
        val before = found == roots && word == userWord
        val isDone = found == after && word == (nextUserWord ?: userWord)
        if (!before && !isDone) faults.add("roots are $found and the word $word, not $roots with $userWord, nor $after")
        roots.clear()
        roots.putAll(found)
        userWord = word
        next = null
        nextUserWord = null
        return faults
    }

    private fun markOf(block: Block, name: String, faults: MutableList<String>): Long = block.withSegment { segment ->
        val mark = segment.getLong(0)
        for (at in 0..block.size - 8 step 8) {
            if (segment.getLong(at) != mark + at) {
                faults.add("$name of ${block.size} bytes has other bytes at $at")
                break
            }
        }
        mark
    }
}
