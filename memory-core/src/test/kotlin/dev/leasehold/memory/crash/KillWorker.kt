package dev.leasehold.memory.crash

import dev.leasehold.memory.Block
import dev.leasehold.memory.allocate
import dev.leasehold.memory.mapped.MappedCodec
import dev.leasehold.memory.mapped.MappedDictionary
import dev.leasehold.memory.mapped.MappedDurability
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedRef
import dev.leasehold.memory.support.MappedFiles
import java.nio.ByteBuffer
import java.nio.file.Path
import java.util.concurrent.LinkedBlockingQueue
import kotlin.random.Random

/** Blocks whose bytes say which change made them, so that others in their place are found. */
internal object Marks {
    // Leaves room for an offset in a block to be added.
    private const val LANE_SHIFT = 24
    private const val NUMBER_SHIFT = 28

    fun of(lane: Int, number: Long): Long = (number shl NUMBER_SHIFT) or (lane.toLong() shl LANE_SHIFT)

    fun write(block: Block, mark: Long): Unit = block.withSegment { segment ->
        for (at in 0..block.size - Long.SIZE_BYTES step Long.SIZE_BYTES.toLong()) segment.setLong(at, mark + at)
    }

    /** The mark of [block]; an error when its bytes have several. */
    fun read(block: Block, name: String): Long = block.withSegment { segment ->
        val mark = segment.getLong(0)
        for (at in 0..block.size - Long.SIZE_BYTES step Long.SIZE_BYTES.toLong()) {
            check(segment.getLong(at) == mark + at) { "$name of ${block.size} bytes has other bytes at $at" }
        }
        mark
    }
}

/** The names of the roots in a kill loop. */
internal object KillRoots {
    const val SHARED = 4

    fun own(lane: Int, slot: Int): String = "lane $lane, root $slot"

    fun shared(slot: Int): String = "shared root $slot"

    /** That of the map, which is not a block of the kill loop's own. */
    const val MAP = "map"
}

/** The map of a kill loop: keys of each lane, and others that make it grow. */
internal object KillMap {
    private const val OTHERS = 1_000_000L
    private const val LANE = 100L

    fun open(manager: MappedMemoryManager): MappedDictionary<Long, ByteArray> =
        MappedDictionary.open(manager, KillRoots.MAP, MappedCodec.LONG, MappedCodec.BYTES)

    fun key(lane: Int, index: Int): Long = lane * LANE + index

    /** Gives a key that nobody asks for a value, which says the key. */
    fun fill(map: MappedDictionary<Long, ByteArray>, random: Random) {
        val key = OTHERS + random.nextLong(40_000)
        map[key] = value(key, random.nextInt(1, 20))
    }

    fun value(mark: Long, words: Int): ByteArray {
        val bytes = ByteBuffer.allocate(words * Long.SIZE_BYTES)
        repeat(words) { bytes.putLong(mark) }
        return bytes.array()
    }

    /** The mark of the lane's key [index]; 0 where it has no value. */
    fun get(manager: MappedMemoryManager, lane: Int, index: Int): Long {
        if (manager.roots[KillRoots.MAP].isNone) return 0
        return open(manager)[key(lane, index)]?.let(::markOf) ?: 0
    }

    private fun markOf(value: ByteArray): Long {
        val bytes = ByteBuffer.wrap(value)
        val mark = bytes.getLong()
        while (bytes.hasRemaining()) check(bytes.getLong() == mark) { "a value has words of several" }
        return mark
    }

    /** Looks at all entries. */
    fun check(manager: MappedMemoryManager) {
        if (manager.roots[KillRoots.MAP].isNone) return
        open(manager).forEach { key, value ->
            val mark = markOf(value)
            check(key < OTHERS || mark == key) { "the value of $key is that of $mark" }
        }
    }
}

/** The mixed work of one process in a kill loop. */
internal class KillWorker(
    private val manager: MappedMemoryManager,
    private val number: Int,
    private val lane: Acknowledgements.Lane,
    private val random: Random,
    private val isLiar: Boolean,
) {
    private var state = lane.done
    private val held = ArrayList<Block>()
    private val found = ArrayList<Block>()
    private val map by lazy { KillMap.open(manager) }

    fun step() {
        when (random.nextInt(30)) {
            in 0..2 -> if (held.size < MOST_HELD) held.add(manager.allocate(size())) else close(held)

            in 3..4 -> close(held)

            5 -> held.removeRandom()?.let { held.add(it.resize(size())) }

            in 6..10 -> setRoot()

            in 11..12 -> removeRoot()

            13 -> copyRoot()

            in 14..15 -> exchange()

            in 16..17 -> setShared()

            in 18..19 -> look()

            in 20..21 -> close(found)

            22 -> manager.trim()

            in 23..24 -> put()

            25 -> removeKey()

            in 26..28 -> KillMap.fill(map, random)

            else -> when (random.nextInt(8)) {
                0 -> manager.compact()
                1, 2 -> if (manager.durability == MappedDurability.COMMIT) manager.commit()
            }
        }
    }

    fun close() {
        (held + found).forEach(Block::close)
    }

    private fun close(blocks: MutableList<Block>) {
        blocks.removeRandom()?.close()
    }

    private fun <E> MutableList<E>.removeRandom() = if (isEmpty()) null else removeAt(random.nextInt(size))

    private fun size() = when (random.nextInt(16)) {
        in 0..7 -> random.nextLong(8, 1_000)
        in 8..11 -> random.nextLong(1_000, 4_096)
        in 12..13 -> random.nextLong(4_096, 32_768)
        else -> random.nextLong(32_768, 400_000)
    }

    private fun written(mark: Long): Block {
        val block = if (random.nextInt(8) ==
            0
        ) {
            manager.allocatePages(random.nextInt(1, 20))
        } else {
            manager.allocate(size())
        }
        Marks.write(block, mark)
        return block
    }

    private fun anySlot() = random.nextInt(Acknowledgements.ROOTS)

    private fun name(slot: Int) = KillRoots.own(number, slot)

    private fun nextMark() = Marks.of(number, lane.number + 1)

    /** Makes [change] of the state, and of the file by [action]. */
    private fun change(change: LongArray.() -> Unit, action: () -> Unit) {
        val next = state.copyOf().apply(change)
        lane.begin(next)
        if (!isLiar) action()
        lane.finish()
        state = next
    }

    private fun setRoot() {
        val slot = anySlot()
        val mark = nextMark()
        written(mark).use { block -> change({ this[slot] = mark }) { manager.roots[name(slot)] = block } }
    }

    private fun removeRoot() {
        val slot = anySlot()
        change({ this[slot] = 0 }) { manager.roots.remove(name(slot)) }
    }

    private fun anyKey() = random.nextInt(Acknowledgements.KEYS)

    private fun put() {
        val key = anyKey()
        val mark = nextMark()
        change({ this[Acknowledgements.WORD + 1 + key] = mark }) {
            map[KillMap.key(number, key)] = KillMap.value(mark, random.nextInt(1, 40))
        }
    }

    private fun removeKey() {
        val key = anyKey()
        change({ this[Acknowledgements.WORD + 1 + key] = 0 }) { map.remove(KillMap.key(number, key)) }
    }

    /** Has two roots lead to one block. */
    private fun copyRoot() {
        val from = anySlot()
        val to = anySlot()
        change({ this[to] = this[from] }) { manager.roots[name(to)] = manager.roots[name(from)] }
    }

    /** Exchanges two roots, makes a third of a new block, and counts that, all in one. */
    private fun exchange() {
        val (one, other, third) = (0 until Acknowledgements.ROOTS).shuffled(random)
        val mark = nextMark()
        val next: LongArray.() -> Unit = {
            this[one] = state[other]
            this[other] = state[one]
            this[third] = mark
            this[Acknowledgements.WORD]++
        }
        written(mark).use { block -> change(next) { exchange(one, other, third, block) } }
    }

    private fun exchange(one: Int, other: Int, third: Int, block: Block): Unit = manager.transaction {
        val first: MappedRef = root(name(one))
        val second = root(name(other))
        // Else the first assignment could take the last link away.
        if (!first.isNone) link(first)
        setRoot(name(one), second)
        setRoot(name(other), first)
        if (!first.isNone) unlink(first)
        setRoot(name(third), block)
        setUserWord(number, userWord(number) + 1)
    }

    // Others do so, too: what one has put there another replaces or has open.
    private fun setShared() {
        val name = KillRoots.shared(random.nextInt(KillRoots.SHARED))
        written(Marks.of(number, random.nextLong(1, 1L shl 20))).use { block ->
            if (random.nextBoolean()) manager.roots[name] = block else change(name, block)
        }
    }

    private fun change(name: String, block: Block) {
        manager.roots.compareAndSet(name, manager.roots[name], block)
    }

    private fun look() {
        val isShared = random.nextBoolean()
        val lane = random.nextInt(Acknowledgements.LANES)
        val name = if (isShared) KillRoots.shared(random.nextInt(KillRoots.SHARED)) else KillRoots.own(lane, anySlot())
        val block = manager.roots.open(name) ?: return
        Marks.read(block, name)
        if (found.size < MOST_FOUND) found.add(block) else block.close()
    }

    private companion object {
        const val MOST_HELD = 24
        const val MOST_FOUND = 12
    }
}

/**
 * A process of a kill loop: says `ready`, and works from `go <lane> <seed>` on until `pause`, and again from `go` on, or
 * leaves at `stop`.
 */
internal object KillWorkerMain {
    private val commands = LinkedBlockingQueue<String>()

    @JvmStatic
    fun main(args: Array<String>) {
        Thread.ofPlatform().daemon().name("commands").start(::listen)
        println("ready")
        val (_, lane, seed) = commands.take().split(' ')
        val acknowledgements = Acknowledgements(Path.of(args[1]))
        KillLoop.open(Path.of(args[0])).use { manager ->
            val worker = KillWorker(
                manager,
                lane.toInt(),
                acknowledgements.lane(lane.toInt()),
                Random(seed.toLong()),
                isLiar = args[2].toBoolean(),
            )
            work(worker)
            worker.close()
        }
        println("stopped")
    }

    private fun listen() {
        System.`in`.reader().forEachLine(commands::add)
        // Whose end this is has died; nobody would stop this process.
        Runtime.getRuntime().halt(1)
    }

    private fun work(worker: KillWorker) {
        while (true) {
            worker.step()
            if (commands.poll() == null) continue
            println("paused")
            if (commands.take() == "stop") return
        }
    }
}
