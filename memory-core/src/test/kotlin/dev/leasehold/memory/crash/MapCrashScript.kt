package dev.leasehold.memory.crash

import dev.leasehold.memory.mapped.MappedCodec
import dev.leasehold.memory.mapped.MappedDictionary
import dev.leasehold.memory.mapped.MappedMemoryManager
import kotlin.random.Random

/**
 * Random work on a map in a file, which is nearly full to the next split at first, and what the map must have
 * afterwards: all that was done, and all or nothing of the one operation that was under way.
 */
internal class MapCrashScript : CrashedWork {
    private val entries = HashMap<Long, String>()
    private var changed: Long? = null
    private var next: String? = null
    private var newest = 0L

    private fun open(manager: MappedMemoryManager) =
        MappedDictionary.open(manager, "map", MappedCodec.LONG, MappedCodec.STRING)

    override fun run(manager: MappedMemoryManager, seed: Long, count: Int) {
        val random = Random(seed)
        val map = open(manager)
        repeat(count) {
            when (random.nextInt(8)) {
                in 0..3 -> put(map, ++newest, text(random))
                in 4..5 -> put(map, known(random), text(random))
                else -> remove(map, known(random))
            }
        }
    }

    private fun known(random: Random) = random.nextLong(1, newest + 1)

    private fun text(random: Random) = "x".repeat(random.nextInt(300)) + random.nextInt()

    private fun put(map: MappedDictionary<Long, String>, key: Long, text: String) {
        begin(key, text)
        map[key] = text
        done()
    }

    private fun remove(map: MappedDictionary<Long, String>, key: Long) {
        begin(key, null)
        map.remove(key)
        done()
    }

    private fun begin(key: Long, text: String?) {
        changed = key
        next = text
    }

    private fun done() {
        val key = checkNotNull(changed)
        next?.let { entries[key] = it } ?: entries.remove(key)
        changed = null
    }

    override fun check(manager: MappedMemoryManager): List<String> {
        val map = open(manager)
        if (newest == 0L) repeat(FIRST) { put(map, ++newest, "first $it") }
        val found = HashMap<Long, String>()
        map.forEach { key, text -> found[key] = text }
        val key = changed
        if (key != null && found[key] == next) done()
        changed = null
        val isRight = found == entries && map.size == found.size.toLong()
        return if (isRight) {
            emptyList()
        } else {
            listOf(
                "${map.size} entries, ${found.size} found, ${entries.size} expected",
            )
        }
    }

    private companion object {
        /** A few fewer than the first segment takes. */
        const val FIRST = 3060
    }
}
