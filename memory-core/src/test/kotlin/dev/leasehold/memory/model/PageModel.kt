package dev.leasehold.memory.model

import dev.leasehold.memory.Block
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.PageRun
import dev.leasehold.memory.allocate
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.race.OwnershipTable
import dev.leasehold.memory.support.shouldAddUp
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_LONG
import java.util.concurrent.Callable
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executors
import kotlin.random.Random

/**
 * A manager's runs of pages, with blocks between them, beside what they should be: a list of runs, and of which run
 * each page id is.
 *
 * One random step at a time, on this thread or on another one, and after each of them everything is compared: no two
 * things overlap, each id leads to its run and to those bytes, unknown ids lead nowhere, and the figures are exact.
 */
internal class PageModel(
    private val manager: MemoryManager,
    seed: Long,
    private val find: (Long) -> PageRun? = manager::findPages,
) : AutoCloseable {
    private class Entry(val run: PageRun, val pattern: Long) {
        var references = 1
        val id = run.id
        val address = run.address
        var count = run.count
        var kept: MemorySegment? = null
    }

    private val random = Random(seed)
    private val elsewhere = Executors.newSingleThreadExecutor {
        Thread.ofPlatform().daemon().name("elsewhere").unstarted(it)
    }
    private val page = manager.pageSize
    private val table = OwnershipTable()
    private val live = ArrayList<Entry>()
    private val blocks = ArrayList<Block>()
    private val owners = HashMap<Long, Entry>()
    private val gone = ArrayDeque<Long>()
    private val dead = ArrayDeque<MemorySegment>()
    private var patterns = 0L
    private var blockBytes = 0L

    /** How often there was no memory, and how often a run was resized in place and by a move. */
    var refusals = 0
        private set
    var inPlace = 0
        private set
    var moves = 0
        private set

    fun run(steps: Int) = repeat(steps) { number ->
        var step = "which failed itself"
        try {
            step = step()
            compare(number)
        } catch (failure: Throwable) {
            throw AssertionError("after step $number, $step", failure)
        }
    }

    private fun step(): String = when (random.nextInt(100)) {
        in 0..29 -> if (live.size < MOST_LIVE) allocate() else end(pick())
        in 30..49 -> end(pick())
        in 50..64 -> resize(pick())
        in 65..74 -> findOne()
        in 75..84 -> if (blocks.size < MOST_LIVE) allocateBlock() else endBlock()
        in 85..91 -> endBlock()
        in 92..95 -> look(pick())
        in 96..97 -> scribble()
        else -> trim()
    }

    private fun pick(): Entry? = if (live.isEmpty()) null else live[random.nextInt(live.size)]

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
        val count = counts()
        val run = try {
            somewhere { manager.allocatePages(count) }
        } catch (refusal: MemoryExhaustedException) {
            check(refusal.requested == count * page)
            refusals++
            return "allocate $count pages, refused"
        }
        check(run.count == count && run.refCount == 1)
        enter(run)
        return "allocate $run"
    }

    private fun enter(run: PageRun) {
        val entry = Entry(run, ++patterns * 0x0101)
        live.add(entry)
        own(entry)
        write(entry, 0)
    }

    private fun own(entry: Entry) {
        entry.count = entry.run.count
        table.took(bytes(entry))
        for (at in 0 until entry.count) {
            val before = owners.put(entry.id + at, entry)
            check(before == null) { "page ${entry.id + at} is of ${entry.run} and of ${before?.run}" }
        }
    }

    private fun disown(entry: Entry) {
        table.gives(bytes(entry))
        for (at in 0 until entry.count) {
            check(owners.remove(entry.id + at) === entry)
            gone.addLast(entry.id + at)
        }
        while (gone.size > MOST_GONE) gone.removeFirst()
    }

    private fun end(entry: Entry?): String {
        entry ?: return "nothing to end"
        if (entry.references == 1) {
            live.remove(entry)
            disown(entry)
            entry.kept?.let(dead::addLast)
        }
        entry.references--
        somewhere(entry.run::close)
        return "close ${entry.run}"
    }

    private fun resize(entry: Entry?): String {
        entry ?: return "nothing to resize"
        val wanted = counts()
        val zeroed = random.nextBoolean()
        val what = "resize ${entry.run} to $wanted pages"
        val resized = try {
            somewhere { entry.run.resizePages(wanted, zeroed) }
        } catch (refusal: MemoryExhaustedException) {
            check(refusal.requested == wanted * page && wanted > 0)
            refusals++
            return "$what, refused"
        }
        val before = entry.count
        checkPattern(resized, entry.pattern, minOf(before, wanted))
        if (zeroed) checkZero(resized, before)
        if (resized === entry.run) stays(entry, wanted) else moves(entry, resized)
        check(resized.count == wanted)
        return what
    }

    private fun stays(entry: Entry, wanted: Int) {
        inPlace++
        val before = entry.count
        if (wanted == before) return
        check(wanted > before || entry.references == 1) { "${entry.run} has lost pages that others hold" }
        table.gives(bytes(entry))
        for (at in 0 until before) check(owners.remove(entry.id + at) === entry)
        for (at in wanted until before) gone.addLast(entry.id + at)
        if (wanted < before) entry.kept?.let(dead::addLast)
        own(entry)
        write(entry, before)
    }

    private fun moves(entry: Entry, resized: PageRun) {
        moves++
        if (--entry.references == 0) {
            live.remove(entry)
            disown(entry)
            entry.kept?.let(dead::addLast)
            check(entry.run.isClosed)
        }
        enter(resized)
    }

    private fun findOne(): String {
        val entry = pick() ?: return "nothing to find"
        val found = somewhere { find(entry.id + random.nextInt(entry.count)) }
        check(found === entry.run) { "$found is not ${entry.run}" }
        if (entry.references < MOST_REFERENCES) entry.references++ else found.close()
        return "find $found"
    }

    private fun allocateBlock(): String {
        val size = random.nextLong(1, 100_000)
        val before = manager.stats().used
        try {
            val block = somewhere { manager.allocate(size) }
            blocks.add(block)
            blockBytes += manager.stats().used - before
            table.took(Platform.current.view(block.address, size, null))
            if (random.nextInt(4) == 0) {
                block.asKeptMemorySegment().fill(-1)
            } else {
                block.withSegment { it.setByte(0, -1) }
            }
        } catch (_: MemoryExhaustedException) {
            refusals++
        }
        return "allocate a block of $size bytes"
    }

    private fun endBlock(): String {
        if (blocks.isEmpty()) return "no block to end"
        val block = blocks.removeAt(random.nextInt(blocks.size))
        val before = manager.stats().used
        table.gives(Platform.current.view(block.address, block.size, null))
        somewhere(block::close)
        blockBytes -= before - manager.stats().used
        return "close $block"
    }

    private fun look(entry: Entry?): String {
        entry ?: return "nothing to look at"
        entry.kept = somewhere(entry.run::asKeptMemorySegment)
        return "view ${entry.run}"
    }

    /** Writes through a view whose run has ended, which must throw. */
    private fun scribble(): String {
        val view = dead.removeFirstOrNull() ?: return "no view is dead"
        val failure = somewhere { runCatching { view.fill(0x55) }.exceptionOrNull() }
        check(failure is IllegalStateException || !Platform.current.bindsViews) { "a dead view was written: $failure" }
        return "write through a dead view"
    }

    private fun trim(): String {
        val before = manager.stats().reserved
        val went = somewhere(manager::trim)
        // What an epoch that has just retired gives back by itself meanwhile, because memory is short, is no trim's.
        check(before - manager.stats().reserved >= went)
        return "trim"
    }

    private fun counts() = if (random.nextInt(20) == 0) random.nextInt(1, 400) else random.nextInt(1, 12)

    // ---- what must hold ----

    private fun compare(number: Int) {
        val stats = manager.stats()
        stats.shouldAddUp()
        val pages = live.sumOf { it.count }
        check(stats.blocks == (live.size + blocks.size).toLong()) { "${live.size} runs and ${blocks.size}: $stats" }
        check(stats.used == pages * page + blockBytes) { "$pages pages and $blockBytes bytes of blocks: $stats" }
        val looked = if (number % 32 == 0) live else listOfNotNull(pick())
        for (entry in looked) compare(entry)
        val id = if (gone.isEmpty()) return else gone[random.nextInt(gone.size)]
        val found = somewhere { manager.findPages(id) }
        check(found === owners[id]?.run) { "page $id is found as $found" }
        found?.close()
    }

    private fun compare(entry: Entry) {
        val run = entry.run
        check(run.id == entry.id && run.address == entry.address && run.count == entry.count) { "$run has moved" }
        check(run.refCount == entry.references) { "$run should have ${entry.references}" }
        check(run.address % page == 0L)
        checkPattern(run, entry.pattern, entry.count)
        val at = random.nextInt(entry.count)
        val found = checkNotNull(manager.findPages(entry.id + at)) { "$run is not found" }
        found.use {
            check(it === run)
            val word = it.withSegment { s -> s.asMemorySegment().get(JAVA_LONG, it.offsetOf(entry.id + at)) }
            check(word == entry.pattern + at) { "page ${entry.id + at} of $run is not where its id says" }
        }
    }

    private fun bytes(entry: Entry) = Platform.current.view(entry.address, entry.count * page, null)

    // The first and the last word of each page say which page of which run it is.
    private fun write(entry: Entry, from: Int) {
        val view = bytes(entry)
        for (at in from until entry.count) for (place in places(at)) view.set(JAVA_LONG, place, entry.pattern + at)
    }

    private fun checkPattern(run: PageRun, pattern: Long, pages: Int) {
        val view = Platform.current.view(run.address, run.size, null)
        for (at in 0 until pages) {
            for (place in places(at)) {
                val found = view.get(JAVA_LONG, place)
                check(found == pattern + at) { "$run holds $found at $place, and ${pattern + at} was written" }
            }
        }
    }

    private fun checkZero(run: PageRun, from: Int) {
        val view = Platform.current.view(run.address, run.size, null)
        for (at in from until run.count) for (place in places(at)) check(view.get(JAVA_LONG, place) == 0L)
    }

    private fun places(at: Int) = longArrayOf(at * page, (at + 1) * page - 8)

    /** Ends everything. */
    override fun close() {
        while (live.isNotEmpty()) end(live.last())
        while (blocks.isNotEmpty()) endBlock()
        elsewhere.shutdown()
        check(owners.isEmpty())
        val stats = manager.stats()
        check(stats.blocks == 0L && stats.used == 0L) { "everything has ended: $stats" }
    }

    private companion object {
        const val MOST_LIVE = 40
        const val MOST_GONE = 200
        const val MOST_REFERENCES = 4
    }
}
