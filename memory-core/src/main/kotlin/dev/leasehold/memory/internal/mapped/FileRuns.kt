package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.internal.block.BlockKind
import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Trace
import dev.leasehold.memory.internal.cache.UncachedCounts
import dev.leasehold.memory.internal.engine.EngineState
import dev.leasehold.memory.internal.engine.HeldSource
import dev.leasehold.memory.internal.engine.PageSource
import dev.leasehold.memory.internal.engine.Taken
import dev.leasehold.memory.internal.engine.WaitLine
import dev.leasehold.memory.internal.epoch.EpochLedger
import dev.leasehold.memory.internal.epoch.KeptView
import java.util.concurrent.ConcurrentSkipListMap
import kotlin.concurrent.withLock

/** Large blocks and runs of pages in a file: each has a run of spans for itself. Any thread. */
internal class FileRuns(
    private val state: EngineState,
    private val session: FileSession,
    private val store: FileStore,
    private val line: WaitLine,
    private val counts: UncachedCounts,
    private val epochs: EpochLedger,
    private val hygiene: HygieneAction,
) {
    private val words = session.words
    private val layout = session.layout
    private val leaf = state.leaf
    private val me = session.sessions.number

    // By the id of the first page.
    private val runs = ConcurrentSkipListMap<Long, Pages>()

    /** One run, and how many of its bytes the budget pays for. */
    private inner class Run(val span: Long, @Volatile var paid: Long) {
        val place: Place get() = Place(layout, span, RunShape.of(BlockKind.LARGE), 0)
        val address: Long get() = session.base + place.offset
    }

    /** Takes a large block of [size] bytes; null when it cannot be had now. */
    fun take(size: Long): Taken? = store.lock.withLock {
        if (state.closed || line.length > 0) null else takeLocked(size)
    }

    /** [take] under the lock of the store, also for a request in the line. */
    fun takeLocked(size: Long): Taken? {
        val run = takeRun(size) ?: return null
        return Taken(run.address, BlockKind.LARGE, Large(run))
    }

    /** Takes [count] pages; null when they cannot be had now. */
    fun takePages(count: Int): PageSource? = store.lock.withLock {
        if (state.closed || line.length > 0) return@withLock null
        takeRun(count * FileLayout.PAGE)?.let(::Pages)?.also { runs[it.id] = it }
    }

    private fun takeRun(size: Long): Run? {
        val bytes = pages(size)
        if (!pay(bytes)) return null
        val span = store.runs.claim(RunShape.of(BlockKind.LARGE), RunShape.spansFor(bytes))
        if (span < 0) {
            leaf.release(bytes)
            return null
        }
        val run = Run(span, bytes)
        val word = run.place.state
        words.set(word, StateWord.held(words.get(word), me))
        counts.count(1, bytes)
        return run
    }

    private fun pay(bytes: Long) = leaf.tryReserve(bytes) || (store.dropIdle() > 0 && leaf.tryReserve(bytes))

    private fun pages(size: Long) = (maxOf(size, 1) + FileLayout.PAGE - 1) and -FileLayout.PAGE

    private fun giveBack(run: Run, size: Long) {
        if (state.cleared) return
        if (hygiene.onClose) hygiene.ended(run.address, size)
        counts.count(-1, -run.paid)
        val at = run.place.state
        val word = words.get(at)
        if (StateWord.state(word) == StateWord.HELD) {
            line.serveAfter {
                words.set(at, StateWord.freed(word, me))
                store.runs.release(run.span)
                store.cameBack()
                leaf.release(run.paid)
            }
        } else {
            session.guests.end(run.address) {
                line.serveAfter {
                    store.runs.abandon(run.span)
                    leaf.release(run.paid)
                }
            }
        }
        if (state.closed) session.endIfUnused()
    }

    /** Gives [run] [size] bytes where it lies; false, and nothing changed, when that is not possible. */
    private fun resize(run: Run, size: Long, alone: Boolean): Boolean {
        val bytes = pages(size)
        val changes = bytes > run.paid || (bytes < run.paid && alone)
        if (StateWord.state(words.get(run.place.state)) == StateWord.HELD) {
            return !changes || change(run, bytes) { words.set(run.place.lengthAt, it) }
        }
        // What is cut off could be another's before a commit, and a failure of the power would bring it back.
        if (changes && session.journal != null) return false
        return session.linkLock.withLock {
            // Before the run becomes shorter, as each length on the way is more than this size needs.
            if (bytes <= run.paid) Slack.change(session, run.place, size)
            val done = !changes || change(run, bytes) { setLinkedLength(run.place, it, size) }
            if (done) Slack.change(session, run.place, size)
            done
        }
    }

    // What others see of a linked block is its size, which its state and the length of its run say together.
    private fun setLinkedLength(place: Place, length: Long, size: Long) {
        val word = words.get(place.state)
        val bytes = RunShape.largeBytes(length)
        val slack = Slack.of(words, place, bytes, size)
        session.log.commit(mapOf(place.state to StateWord.withSlack(word, slack), place.lengthAt to length))
    }

    private fun change(run: Run, bytes: Long, setLength: (Long) -> Unit): Boolean {
        val before = run.paid
        if (bytes > before) {
            val done = leaf.insist {
                store.lock.withLock {
                    if (line.length == 0 && !state.closed && grow(run, bytes, setLength)) Unit else null
                }
            }
            if (done == null) return false
        } else {
            line.serveAfter {
                val _ = store.runs.resize(run.span, RunShape.spansFor(bytes), setLength)
                leaf.release(before - bytes)
            }
        }
        run.paid = bytes
        counts.count(0, bytes - before)
        return true
    }

    private fun grow(run: Run, bytes: Long, setLength: (Long) -> Unit): Boolean {
        val more = bytes - run.paid
        if (!pay(more)) return false
        if (store.runs.resize(run.span, RunShape.spansFor(bytes), setLength)) return true
        leaf.release(more)
        return false
    }

    private inner class Large(private val run: Run) : HeldSource(state) {
        override val cutsViews: Boolean get() = true

        override fun bytesOf(code: Int): Long = run.paid

        override fun giveBack(address: Long, code: Int, size: Long) = session.settled { giveBack(run, size) }

        override fun keptView(address: Long, size: Long, code: Int, trace: Trace?): KeptView =
            epochs.ownView(address, size, trace)

        override fun returnsTail(code: Int, size: Long): Boolean = pages(size) < run.paid

        override fun resize(address: Long, code: Int, from: Long, size: Long, alone: Boolean): Int =
            if (session.settled { resize(run, size, alone) }) code else NOT_HERE
    }

    private inner class Pages(private val run: Run) : PageSource(state) {
        override val id: Long = session.pageId(run.place.offset)
        override val address: Long get() = run.address
        override val pageSize: Long get() = FileLayout.PAGE

        val count: Long get() = run.paid / FileLayout.PAGE

        override fun bytesOf(code: Int): Long = run.paid

        override fun giveBack(address: Long, code: Int, size: Long) {
            onFree()
            runs.remove(id)
            session.settled { giveBack(run, size) }
        }

        override fun keptView(address: Long, size: Long, code: Int, trace: Trace?): KeptView =
            epochs.ownView(address, size, trace)

        override fun resize(address: Long, code: Int, from: Long, size: Long, alone: Boolean): Int {
            if (size == run.paid) return code
            val changes = size > run.paid || alone
            return if (changes && session.settled { resize(run, size, alone) }) code else NOT_HERE
        }
    }

    /** The id of the first page of the run that has the page [id]; 0 when there is none. */
    fun firstPageOf(id: Long): Long {
        val run = runs.floorEntry(id)?.value ?: return 0
        return if (id < run.id + run.count) run.id else 0
    }

    /** The place of the large block at [address], which is the caller's. */
    fun placeOf(address: Long): Place {
        val span = layout.spanOf(address - session.base)
        return Place(layout, span, RunShape.of(BlockKind.LARGE), 0)
    }
}
