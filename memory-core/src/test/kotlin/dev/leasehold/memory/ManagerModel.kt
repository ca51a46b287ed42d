package dev.leasehold.memory

import dev.leasehold.memory.internal.platform.Platform
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED
import java.util.concurrent.Callable
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executors
import kotlin.random.Random

/**
 * A manager beside what it should be: a list of blocks with their references, their bytes and what each costs.
 *
 * One random step at a time, on this thread or on another one, and after each of them everything is compared: no two live
 * blocks overlap, every block lies as it was asked for and keeps its bytes, and the figures are exact.
 */
internal class ManagerModel(private val manager: MemoryManager, seed: Long) : AutoCloseable {
    private class Entry(val block: Block, val alignment: Long, id: Long, var cost: Long) {
        // The same in every byte, because the words that are looked at overlap; never what a stray view writes.
        val pattern = (id % 251 + 1) * 0x0101010101010101
        var references = 1
        var kept: MemorySegment? = null
    }

    private val random = Random(seed)
    private val elsewhere = Executors.newSingleThreadExecutor {
        Thread.ofPlatform().daemon().name("elsewhere").unstarted(it)
    }
    private val table = OwnershipTable()
    private val live = ArrayList<Entry>()
    private val ended = ArrayDeque<Entry>()
    private var ids = 0L
    private var cost = 0L
    private var allocations = 0L

    /** How often the manager said that there was no memory. */
    var refusals = 0
        private set

    fun run(steps: Int) = repeat(steps) { number ->
        val step = step(number)
        try {
            compare(number)
        } catch (failure: Throwable) {
            throw AssertionError("after step $number, $step", failure)
        }
    }

    private fun step(number: Int): String = when (random.nextInt(100)) {
        in 0..39 -> if (live.size < MOST_LIVE) allocate() else end(pick())
        in 40..49 -> retain(pick())
        in 50..84 -> end(pick())
        in 85..89 -> look(pick())
        in 90..93 -> misuse()
        in 94..95 -> trim()
        else -> if (number % 16 == 0) endAll() else use(pick())
    }

    private fun pick(): Entry? = if (live.isEmpty()) null else live[random.nextInt(live.size)]

    /** Runs [action] on this thread, or on one that has allocated other blocks. */
    private fun <T> somewhere(action: () -> T): T {
        if (random.nextInt(3) > 0) return action()
        try {
            return elsewhere.submit(Callable { action() }).get()
        } catch (failure: ExecutionException) {
            throw failure.cause ?: failure
        }
    }

    // ---- steps ----

    private fun allocate(): String {
        val size = sizes(random)
        val alignment = if (random.nextInt(4) == 0) 1L shl random.nextInt(13) else 0
        val what = "allocate $size bytes at a multiple of $alignment"
        val before = manager.stats().used
        val block = try {
            somewhere { if (alignment == 0L) manager.allocate(size) else manager.allocate(size, alignment) }
        } catch (refusal: MemoryExhaustedException) {
            check(refusal.requested == size) { "$what was refused as ${refusal.requested} bytes" }
            refusals++
            return "$what, refused"
        }
        val entry = Entry(block, alignment, ++ids, manager.stats().used - before)
        check(entry.cost in size..costBound(size, alignment)) { "$what costs ${entry.cost} bytes" }
        cost += entry.cost
        live.add(entry)
        if (size > 0) {
            allocations++
            table.took(bytesOf(entry))
        }
        write(entry)
        return what
    }

    private fun retain(entry: Entry?): String {
        entry ?: return "nothing to retain"
        somewhere { if (random.nextBoolean()) entry.block.retain() else check(entry.block.tryRetain()) }
        entry.references++
        return "retain ${entry.block}"
    }

    private fun end(entry: Entry?): String {
        entry ?: return "nothing to close"
        val what = "close ${entry.block}"
        checkBytes(entry)
        if (entry.references == 1) {
            // Before the memory is somebody else's.
            live.remove(entry)
            if (entry.block.size > 0) table.gives(bytesOf(entry))
            cost -= entry.cost
            ended.addLast(entry)
            if (ended.size > MOST_ENDED) ended.removeFirst()
        }
        somewhere(entry.block::close)
        entry.references--
        return what
    }

    private fun endAll(): String {
        while (live.isNotEmpty()) end(live.last())
        return "close everything"
    }

    private fun look(entry: Entry?): String {
        entry ?: return "nothing to look at"
        entry.kept = somewhere(entry.block::asMemorySegment)
        return "view ${entry.block}"
    }

    private fun use(entry: Entry?): String {
        entry ?: return "nothing to use"
        somewhere {
            entry.block.withSegment { segment ->
                check(entry.block.refCount == entry.references + 1) { "${entry.block} is used by one more" }
                check(segment.size == entry.block.size)
            }
        }
        return "use ${entry.block}"
    }

    private fun misuse(): String {
        val entry = ended.lastOrNull() ?: return "nothing has ended"
        somewhere {
            check(!entry.block.tryRetain()) { "${entry.block} came back" }
            check(runCatching { entry.block.close() }.exceptionOrNull() is BlockClosedException)
            // A view that was kept reaches nothing that anybody has: what it writes must show nowhere.
            entry.kept?.let { kept -> runCatching { kept.fill(-1) }.onFailure { check(it is IllegalStateException) } }
        }
        return "use ${entry.block}, which has ended"
    }

    private fun trim(): String {
        val before = manager.stats().reserved
        val gone = somewhere(manager::trim)
        val after = manager.stats()
        check(before - after.reserved == gone) { "trim said $gone bytes, and reserved went from $before to $after" }
        check(after.quarantined == 0L || live.any { it.kept != null }) { "quarantined after a trim: $after" }
        return "trim"
    }

    // ---- what must hold ----

    private fun compare(number: Int) {
        val stats = manager.stats()
        stats.shouldAddUp()
        check(stats.blocks == live.count { it.block.size > 0 }.toLong()) { "${live.size} blocks are live: $stats" }
        check(stats.used == cost) { "$cost bytes are used: $stats" }
        check(stats.allocations == allocations) { "$allocations blocks were allocated: $stats" }
        val looked = if (number % 32 == 0) live else listOfNotNull(pick())
        for (entry in looked) {
            check(entry.block.refCount == entry.references) { "${entry.block} should have ${entry.references}" }
            check(!entry.block.isClosed)
            val unit = maxOf(entry.alignment, if (entry.block.size >= 64) 64L else 16L)
            check(entry.block.address % unit == 0L) { "${entry.block} does not lie at a multiple of $unit" }
            checkBytes(entry)
        }
    }

    private fun bytesOf(entry: Entry) = Platform.current.view(entry.block.address, entry.block.size, null)

    private fun places(size: Long): Sequence<Long> = sequence {
        if (size < 8) return@sequence
        val step = maxOf(8L, size / 64 and -8L)
        yieldAll(0..size - 8 step step)
        yield(size - 8)
    }

    private fun write(entry: Entry) {
        val view = bytesOf(entry)
        for (at in places(view.byteSize())) view.set(JAVA_LONG_UNALIGNED, at, entry.pattern)
    }

    private fun checkBytes(entry: Entry) {
        val view = bytesOf(entry)
        for (at in places(view.byteSize())) {
            val found = view.get(JAVA_LONG_UNALIGNED, at)
            check(found == entry.pattern) { "${entry.block} holds $found at $at, and ${entry.pattern} was written" }
        }
    }

    /** Ends everything. */
    override fun close() {
        endAll()
        elsewhere.shutdown()
        val stats = manager.stats()
        check(stats.blocks == 0L && stats.used == 0L) { "everything has ended: $stats" }
    }

    private companion object {
        const val MOST_LIVE = 60
        const val MOST_ENDED = 16

        fun sizes(random: Random): Long = when (random.nextInt(20)) {
            0 -> 0
            in 1..9 -> random.nextLong(1, 300)
            in 10..14 -> random.nextLong(300, 10_000)
            in 15..17 -> random.nextLong(10_000, 200_000)
            18 -> random.nextLong(200_000, 1_500_000)
            else -> 1.MiB + random.nextLong(-1, 2)
        }

        /** A class above the size and the alignment; an idle mapping that is used again may be a third larger. */
        fun costBound(size: Long, alignment: Long): Long = when {
            size == 0L -> 0
            size < 1.MiB -> maxOf(size, alignment) * 2 + 15
            else -> size + size / 3 + 4096
        }
    }
}
