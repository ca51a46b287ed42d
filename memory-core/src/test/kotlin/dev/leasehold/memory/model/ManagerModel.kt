package dev.leasehold.memory.model

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MiB
import dev.leasehold.memory.allocate
import dev.leasehold.memory.copy
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.mismatch
import dev.leasehold.memory.race.OwnershipTable
import dev.leasehold.memory.support.shouldAddUp
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED
import java.util.concurrent.Callable
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executors
import kotlin.random.Random

/**
 * A manager beside what it should be: a list of blocks with their references, their bytes and what each costs.
 *
 * One random step at a time, on this thread or on another one, and after each of them everything is compared: no two
 * live blocks overlap, every block has its alignment and keeps its bytes, and the figures are exact.
 */
internal class ManagerModel(
    private val manager: MemoryManager,
    seed: Long,
    private val allocate: (Long) -> Block = manager::allocate,
) : AutoCloseable {
    private class Entry(val block: Block, val alignment: Long, var pattern: Long) {
        var references = 1

        /** What the manager counts it as; 0 for one that began without bytes. */
        var cost = 0L

        /** A view for any thread, if one was taken. */
        var kept: MemorySegment? = null

        fun bytes(): MemorySegment = Platform.current.view(block.address, block.size, null)
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
        in 50..74 -> end(pick())
        in 75..84 -> resize(pick())
        in 85..89 -> look(pick())
        in 90..93 -> misuse()
        in 94..95 -> trim()
        else -> if (number % 16 == 0) endAll() else use(pick())
    }

    private fun pick(): Entry? = if (live.isEmpty()) null else live[random.nextInt(live.size)]

    /** Runs [action] on this thread, or on one that has allocated other blocks. */
    private fun <T> somewhere(action: () -> T): T {
        // Nobody interrupts this thread but the virtual machine, when a view is cut off that this thread looks at.
        Thread.interrupted()
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
            somewhere { if (alignment == 0L) allocate(size) else manager.allocate(size, alignment) }
        } catch (refusal: MemoryExhaustedException) {
            check(refusal.requested == size) { "$what was refused as ${refusal.requested} bytes" }
            refusals++
            return "$what, refused"
        }
        if (size > 0) allocations++
        val entry = Entry(block, alignment, nextPattern())
        enter(entry, manager.stats().used - before)
        check(entry.cost <= costBound(size, alignment)) { "$what costs ${entry.cost} bytes" }
        return what
    }

    // The same in every byte, because the words that are looked at overlap; never what a stray view writes.
    private fun nextPattern() = (++ids % 251 + 1) * 0x0101010101010101

    private fun enter(entry: Entry, costs: Long) {
        check(costs >= entry.block.size) { "${entry.block} costs $costs bytes" }
        entry.cost = costs
        cost += costs
        live.add(entry)
        if (entry.block.size > 0) table.took(entry.bytes())
        write(entry)
    }

    private fun leave(entry: Entry) {
        live.remove(entry)
        if (entry.block.size > 0) table.gives(entry.bytes())
        cost -= entry.cost
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
        // Before the memory is given out again.
        if (entry.references == 1) leave(entry)
        somewhere(entry.block::close)
        given(entry)
        return what
    }

    private fun given(entry: Entry) {
        if (--entry.references > 0) return
        ended.addLast(entry)
        if (ended.size > MOST_ENDED) ended.removeFirst()
    }

    private fun resize(entry: Entry?): String {
        entry ?: return "nothing to resize"
        val old = entry.block
        val oldSize = old.size
        val newSize = sizes(random)
        val zeroed = random.nextBoolean()
        val what = "resize $old to $newSize bytes" + if (zeroed) ", zeroed" else ""
        checkBytes(entry)
        leave(entry)
        val before = manager.stats()
        val resized = try {
            somewhere { old.resize(newSize, zeroed) }
        } catch (refusal: MemoryExhaustedException) {
            check(refusal.requested == newSize) { "$what was refused as ${refusal.requested} bytes" }
            check(old.size == oldSize) { "$what was refused, and left $old" }
            refusals++
            enter(entry, entry.cost)
            return "$what, refused"
        }
        check(resized.size == newSize) { "$what made $resized" }
        checkResized(what, resized, minOf(oldSize, newSize), entry.pattern, zeroed)
        val grown = manager.stats().used - before.used
        if (resized === old) {
            entry.pattern = nextPattern()
            enter(entry, entry.cost + grown)
            return "$what, in place"
        }
        // A copy is a new block to the figures, a mapping that has moved is not.
        val more = manager.stats().allocations - before.allocations
        check(more in 0..1) { "$what counts as $more allocations" }
        allocations += more
        moved(entry, resized, grown)
        return "$what, to ${resized.address}"
    }

    private fun moved(entry: Entry, to: Block, grown: Long) {
        val remains = entry.references > 1
        if (remains) enter(entry, entry.cost)
        enter(Entry(to, entry.alignment, nextPattern()), if (remains) grown else entry.cost + grown)
        given(entry)
    }

    private fun checkResized(what: String, resized: Block, kept: Long, pattern: Long, zeroed: Boolean) {
        val view = Platform.current.view(resized.address, resized.size, null)
        checkBytes(view.asSlice(0, kept), pattern) { "after $what, $resized" }
        if (!zeroed || resized.size == kept) return
        val tail = view.asSlice(kept)
        val nonzero = tail.mismatch(zeros.asSlice(0, tail.byteSize()))
        check(nonzero == -1L) { "$what left what is not zero at ${kept + nonzero}" }
    }

    private fun endAll(): String {
        while (live.isNotEmpty()) end(live.last())
        return "close everything"
    }

    private fun look(entry: Entry?): String {
        entry ?: return "nothing to look at"
        entry.kept = somewhere(entry.block::asKeptMemorySegment)
        return "view ${entry.block}"
    }

    private fun use(entry: Entry?): String {
        entry ?: return "nothing to use"
        somewhere {
            entry.block.withSegment { segment ->
                check(entry.block.refCount == entry.references) {
                    "a scope of ${entry.block} is counted as a reference"
                }
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
            // A kept view reaches nothing that is allocated: what it writes must show nowhere.
            entry.kept?.let { kept -> runCatching { kept.fill(-1) }.onFailure { check(it is IllegalStateException) } }
        }
        return "use ${entry.block}, which has ended"
    }

    private fun trim(): String {
        val before = manager.stats().reserved
        val gone = somewhere(manager::trim)
        val after = manager.stats()
        // What an epoch that has just retired gives back by itself meanwhile, because memory is short, is no trim's.
        check(before - after.reserved >= gone) { "trim said $gone bytes, and reserved went from $before to $after" }
        check(after.quarantined == 0L || live.any { it.kept != null }) { "quarantined after a trim: $after" }
        return "trim"
    }

    // ---- what must hold ----

    private fun compare(number: Int) {
        val stats = manager.stats()
        stats.shouldAddUp()
        check(stats.blocks == live.count { it.cost > 0 }.toLong()) { "${live.size} blocks are live: $stats" }
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

    private fun places(size: Long): Sequence<Long> = sequence {
        if (size < 8) return@sequence
        val step = maxOf(8L, size / 64 and -8L)
        yieldAll(0..size - 8 step step)
        yield(size - 8)
    }

    private fun write(entry: Entry) {
        entry.bytes().fill(entry.pattern.toByte())
    }

    private fun checkBytes(entry: Entry) = checkBytes(entry.bytes(), entry.pattern) { entry.block.toString() }

    private fun checkBytes(view: MemorySegment, pattern: Long, what: () -> String) {
        for (at in places(view.byteSize())) {
            val found = view.get(JAVA_LONG_UNALIGNED, at)
            check(found == pattern) { "${what()} holds $found at $at, and $pattern was written" }
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
        /** As many as the largest block has bytes. */
        val zeros: MemorySegment = MemorySegment.ofArray(ByteArray(2 * 1024 * 1024))

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
