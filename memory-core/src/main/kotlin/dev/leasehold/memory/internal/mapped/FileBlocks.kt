package dev.leasehold.memory.internal.mapped

import dev.leasehold.memory.internal.block.BlockSource
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.cache.BlockLedger
import dev.leasehold.memory.internal.cache.Caches
import dev.leasehold.memory.internal.cache.ThreadCache
import dev.leasehold.memory.internal.cache.UncachedCounts
import dev.leasehold.memory.internal.engine.EngineState
import dev.leasehold.memory.internal.engine.WaitLine
import dev.leasehold.memory.internal.epoch.EpochView

/**
 * Takes blocks of size classes out of a session's caches and puts them back, each with one store into the file: that is
 * the moment when it becomes held, or free. Any thread; a block is one thread's until its word has been stored.
 */
internal class FileBlocks(
    private val state: EngineState,
    private val session: FileSession,
    private val store: FileStore,
    private val supply: FileSupply,
    private val line: WaitLine,
    private val counts: UncachedCounts,
) : BlockLedger() {
    private val words = session.words
    private val base = session.base
    private val me = session.sessions.number

    /** The caches of threads; they know of this. */
    lateinit var caches: Caches

    /** Where the word of the block of [code] at [address] is, of which the caller has the block. */
    private fun stateAt(address: Long, code: Int): Long {
        val offset = address - base
        val shape = RunShape.of(code)
        // Spans begin at multiples of their size, and so does a run of one span.
        val run = if (shape.spans == 1) offset and -FileLayout.SPAN else store.slabAt(offset).offset
        return run + shape.wordOf(shape.indexOf(offset - run))
    }

    /** The place of the block of [code] at [address]. */
    fun placeOf(address: Long, code: Int): Place {
        val offset = address - base
        val shape = RunShape.of(code)
        if (shape.spans == 1) {
            val span = session.layout.spanOf(offset)
            return Place(session.layout, span, shape, shape.indexOf(offset and FileLayout.SPAN - 1))
        }
        return placeOf(address)
    }

    /** The place of the block at [address]. */
    fun placeOf(address: Long): Place {
        val offset = address - base
        val slab = store.slabAt(offset)
        return slab.place(slab.shape.indexOf(offset - slab.offset))
    }

    /** Takes a block of [code]: its address, or 0. */
    fun take(code: Int): Long {
        val cache = caches.of(Thread.currentThread())
        val address = if (cache != null) cache.takeUnwatched(code) else takeShared(code)
        if (address != 0L) hold(address, code)
        return address
    }

    private fun takeShared(code: Int): Long {
        var address = 0L
        if (caches.withShared { address = it.takeUnwatched(code) }) return address
        return supply.takeDirect(code).also { countDirect(it, code) }
    }

    /** Takes a block of [code] under the lock of the store; null when there is none. */
    fun takeLocked(code: Int): Long? {
        val address = supply.takeLocked(code)
        if (address == 0L) return null
        countDirect(address, code)
        hold(address, code)
        return address
    }

    private fun countDirect(address: Long, code: Int) {
        if (address != 0L) counts.count(1, SizeClasses.sizeOf(code))
    }

    private fun hold(address: Long, code: Int) {
        val at = stateAt(address, code)
        val word = words.get(at)
        // In a file that was cut off compiled code reads anything, and is stopped for it only later.
        if (!StateWord.isCachedBy(word, me)) session.meetFaults()
        words.set(at, StateWord.held(word, me))
    }

    override fun taken(address: Long, classIndex: Int): Unit = session.guarded { hold(address, classIndex) }

    /** Takes the blocks of one thread back into its cache, which is theirs, without a look for it. */
    private inner class OwnSource(private val cache: ThreadCache) : BlockSource() {
        override fun giveBack(address: Long, code: Int, size: Long) {
            if (state.cleared) return
            session.guarded {
                val at = stateAt(address, code)
                val word = words.get(at)
                if (StateWord.state(word) == StateWord.HELD) {
                    words.set(at, StateWord.freed(word, me))
                    cache.giveBack(address, code, size)
                } else {
                    leave(address, code)
                }
            }
        }
    }

    override fun sourceFor(cache: ThreadCache): BlockSource = OwnSource(cache)

    /** Takes the block of [code] at [address] back, of which [size] bytes were in use. */
    fun giveBack(address: Long, code: Int, size: Long) {
        val at = stateAt(address, code)
        val word = words.get(at)
        if (StateWord.state(word) != StateWord.HELD) return leave(address, code)
        words.set(at, StateWord.freed(word, me))
        putBack(address, code, size)
    }

    private fun putBack(address: Long, code: Int, size: Long) {
        val cache = caches.of(Thread.currentThread())
        if (cache != null) return cache.giveBack(address, code, size)
        if (caches.withShared { it.giveBack(address, code, size) }) return
        counts.count(-1, -SizeClasses.sizeOf(code))
        val _ = supply.giveBackDirect(code, address)
    }

    // Links lead to it, or did until a moment ago: it is the file's, or free, and in no case the cache's.
    private fun leave(address: Long, code: Int) {
        if (state.cleared) return
        session.meetFaults()
        counts.count(-1, -SizeClasses.sizeOf(code))
        session.guests.end(address) { line.serveAfter { store.leaveLinked(address - base) } }
        if (state.closed) session.endIfUnused()
    }

    /** The block of [code] at [address], which has no block object, is linked, and not this session's any more. */
    fun linked(address: Long, code: Int) {
        counts.count(-1, -SizeClasses.sizeOf(code))
        store.slabAt(address - base).addLinked(1)
    }

    /** Frees the block at [place], which is unlinked and held by nobody, if its state is [word]. */
    fun freeUnlinked(place: Place, word: Long): Boolean {
        val slab = store.slabOf(place.span)
        // With the lock this thread may be filling its cache up, which takes nothing meanwhile.
        if (slab == null || state.closed || store.lock.isHeldByCurrentThread) return freeInStore(place, word)
        slab.addLinked(-1)
        if (!slab.isGone && words.compareAndSet(place.state, word, StateWord.freed(word, me))) {
            // As if it had been in use here until now.
            counts.comeBack(SizeClasses.sizeOf(place.shape.code))
            putBack(base + place.offset, place.shape.code, place.shape.blockBytes)
            return true
        }
        slab.addLinked(1)
        return slab.isGone && freeInStore(place, word)
    }

    private fun freeInStore(place: Place, word: Long): Boolean {
        var freed = false
        line.serveAfter { freed = !state.cleared && store.freeUnlinked(place, word) }
        return freed
    }

    /** Counts the block of [code] as one that waits until its view is cut off. */
    fun countQuarantined(code: Int): Unit = counts.countQuarantined(SizeClasses.sizeOf(code))

    /** Takes the block of [first], and all that follow it, out of quarantine. */
    fun leaveQuarantine(first: EpochView) {
        var next: EpochView? = first
        while (next != null) {
            val address = next.address
            counts.countReleased(SizeClasses.sizeOf(next.code))
            if (!state.cleared) endQuarantine(address, next.code)
            next = next.next
        }
    }

    private fun endQuarantine(address: Long, code: Int) {
        val at = stateAt(address, code)
        val word = words.get(at)
        if (StateWord.state(word) == StateWord.HELD) {
            words.set(at, StateWord.freed(word, me))
            supply.giveBack { store.giveBack(address - base) }
        } else {
            session.guests.end(address) { line.serveAfter { store.leaveLinked(address - base) } }
        }
    }

    /** The block at [address] has [size] bytes from now on, which reopening it must show. */
    fun resized(address: Long, size: Long) {
        val place = placeOf(address)
        if (StateWord.state(words.get(place.state)) == StateWord.HELD) return
        session.linkLock.withLock { Slack.change(session, place, size) }
    }
}

/** Says in the file how many bytes of a linked block are in use. */
internal object Slack {
    /** What the word of the block at [place] says for [size] bytes; what does not fit in it is stored in the block. */
    fun of(words: FileWords, place: Place, size: Long): Int = of(words, place, place.bytes(words), size)

    /** [of] for a block that will have [bytes] bytes in all. */
    fun of(words: FileWords, place: Place, bytes: Long, size: Long): Int {
        val slack = bytes - size
        if (slack <= StateWord.MOST_SLACK) return slack.toInt()
        words.set(place.offset + bytes - Long.SIZE_BYTES, size)
        return StateWord.IN_TAIL
    }

    /**
     * Changes it for a block that is linked. For who has the lock of links. As one, as the last word of the block may be
     * its user's until then.
     */
    fun change(session: FileSession, place: Place, size: Long) {
        val word = session.words.get(place.state)
        if (StateWord.state(word) != StateWord.LINKED) return
        val bytes = place.bytes(session.words)
        val change = Change(session)
        val isInTail = bytes - size > StateWord.MOST_SLACK
        if (isInTail) change.setInBlock(place, place.offset + bytes - Long.SIZE_BYTES, size)
        change[place.state] = StateWord.withSlack(word, if (isInTail) StateWord.IN_TAIL else (bytes - size).toInt())
        change.commit()
    }
}
