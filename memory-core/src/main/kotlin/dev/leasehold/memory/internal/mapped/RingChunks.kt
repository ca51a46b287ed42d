package dev.leasehold.memory.internal.mapped

import java.util.BitSet

/**
 * The ring of chunks whose block is at [at], as this session sees it: see [RingLayout]. One for all threads of the
 * session.
 *
 * ```
 *            claim             commit              take               finish
 * (no chunk) -----> CLAIMED(s) ------> WRITTEN ------------> READING(s) ------> DONE
 *                       |                                     |    ^             ^
 *                       |                                     +----+             |
 *                       |                                 s dies: another takes  |
 *                       +--------------------------------------------------------+
 *                           s dies, or its action throws: skipped
 * ```
 *
 * The positions change under a lock, for some ten instructions; chunks are filled and read without it. Each arrow is
 * one store, and a new chunk's words are stored before the position that makes it one. So a session may die before any
 * store, and what is there then is a state of the ring. The token in a chunk that is being filled or read says whose it
 * is, and whether that one lives still.
 */
internal class RingChunks(private val session: FileSession, private val at: Long) {
    private val words = session.words
    private val sessions = session.sessions
    private val checks = sessions.checks
    private val token = sessions.token

    /** How many bytes there are for chunks. */
    val capacity: Long = words.get(at + RingLayout.CAPACITY_AT)
    private val written = FileEvent(session, at + RingLayout.WRITTEN_EVENT_AT)
    private val freed = FileEvent(session, at + RingLayout.FREED_EVENT_AT)

    @Volatile
    private var lastLook = System.nanoTime()

    init {
        val isPossible = capacity in RingLayout.LEAST_CAPACITY..RingLayout.MOST_CAPACITY && capacity.countOneBits() == 1
        if (!isPossible || at + RingLayout.bytes(capacity) > session.file.length) {
            checks.damaged(at + RingLayout.CAPACITY_AT, "a ring of chunks cannot have $capacity bytes")
        }
    }

    /** How many of [capacity] are taken by chunks that are not over, headers and what is skipped included. */
    val used: Long get() = maxOf(0, words.get(at + RingLayout.TAIL_AT) - words.get(at + RingLayout.HEAD_AT))

    private fun headerAt(position: Long) = at + RingLayout.CHUNKS_AT + (position and capacity - 1)

    private inline fun <R> locked(action: () -> R): R {
        FileLock.lockWord(sessions, at + RingLayout.LOCK_AT)
        try {
            return action()
        } finally {
            words.set(at + RingLayout.LOCK_AT, 0)
        }
    }

    // ---- writing ----

    /** Claims a chunk of [size] bytes, and waits up to [nanos] nanoseconds for room: where it is, or [NONE]. */
    fun claim(size: Long, nanos: Long): Long = orWaiting(freed, nanos) { tryClaim(size) }

    private fun tryClaim(size: Long): Long = locked {
        val span = RingLayout.span(size)
        val tail = tail()
        val rest = capacity - (tail and capacity - 1)
        val skipped = if (span > rest) rest else 0
        if (tail + skipped + span - words.get(at + RingLayout.HEAD_AT) > capacity &&
            tail + skipped + span - advance(tail) > capacity
        ) {
            return@locked NONE
        }
        if (skipped > 0) put(headerAt(tail), skipped - RingLayout.HEADER, RingLayout.word(RingLayout.DONE))
        val chunk = headerAt(tail + skipped)
        put(chunk, size, RingLayout.word(RingLayout.CLAIMED, token))
        words.set(at + RingLayout.TAIL_AT, tail + skipped + span)
        chunk
    }

    private fun put(chunk: Long, size: Long, word: Long) {
        words.set(chunk + RingLayout.SIZE_AT, size)
        words.set(chunk, word)
    }

    /** Lets the [chunk] that was claimed be read. */
    fun commit(chunk: Long) {
        words.set(chunk, RingLayout.word(RingLayout.WRITTEN))
        written.signal(1)
    }

    /** Skips the [chunk] that was claimed. */
    fun skip(chunk: Long) {
        finish(chunk)
        written.signal(1)
    }

    // ---- reading ----

    /** Takes the next chunk, and waits up to [nanos] nanoseconds for it: where it is, or [NONE]. */
    fun take(nanos: Long): Long = orWaiting(written, nanos) {
        val found = if (used == 0L) NONE else tryTake(mayLook = true)
        if (found != LOOK) return@orWaiting found
        recoverDead()
        tryTake(mayLook = false)
    }

    /** Takes the next chunk; [LOOK] where another session reads one before it and was not asked for lately. */
    private fun tryTake(mayLook: Boolean): Long = locked {
        val tail = tail()
        var position = advance(tail)
        while (position < tail) {
            val chunk = headerAt(position)
            val span = spanAt(position, tail)
            val word = words.get(chunk)
            when (RingLayout.state(word)) {
                RingLayout.WRITTEN -> return@locked begin(chunk)

                RingLayout.READING -> {
                    if (isOver(word)) return@locked begin(chunk)
                    if (mayLook && RingLayout.token(word) != token && isTimeToLook()) return@locked LOOK
                }

                RingLayout.CLAIMED -> {
                    if (!isOver(word)) return@locked NONE
                    words.set(chunk, RingLayout.word(RingLayout.DONE))
                }
            }
            position += span
        }
        NONE
    }

    // Each millisecond: a system call, so that a dead reader's chunk is not passed over for long.
    private fun isTimeToLook() = System.nanoTime() - lastLook >= FileEvent.SLICE

    private fun begin(chunk: Long): Long {
        words.set(chunk, RingLayout.word(RingLayout.READING, token))
        return chunk
    }

    /** How many bytes the [chunk] has. */
    fun sizeOf(chunk: Long): Long = words.get(chunk + RingLayout.SIZE_AT)

    /** Says that the [chunk] was read. */
    fun finish(chunk: Long) {
        words.set(chunk, RingLayout.word(RingLayout.DONE))
        freed.signal(1)
    }

    // ---- both ----

    /** Where the next chunk will begin. */
    private fun tail(): Long {
        val head = words.get(at + RingLayout.HEAD_AT)
        val tail = words.get(at + RingLayout.TAIL_AT)
        val isAligned = (head or tail) and RingLayout.HEADER - 1 == 0L
        if (head >= 0 && tail - head in 0..capacity && isAligned) return tail
        checks.damaged(at + RingLayout.HEAD_AT, "a ring of $capacity bytes cannot have chunks from $head to $tail")
    }

    /** Frees the room of the chunks that are done, up to the first that is not; returns where that begins. */
    private fun advance(tail: Long): Long {
        val head = words.get(at + RingLayout.HEAD_AT)
        var position = head
        while (position < tail) {
            val chunk = headerAt(position)
            val word = words.get(chunk)
            val isDead = RingLayout.state(word) == RingLayout.CLAIMED && isOver(word)
            if (RingLayout.state(word) != RingLayout.DONE && !isDead) break
            position += spanAt(position, tail)
        }
        if (position != head) words.set(at + RingLayout.HEAD_AT, position)
        return position
    }

    /** How many bytes the chunk at [position] takes, of those up to [tail]. */
    private fun spanAt(position: Long, tail: Long): Long {
        val chunk = headerAt(position)
        val size = sizeOf(chunk)
        val most = minOf(tail - position, capacity - (position and capacity - 1))
        val isPossible = size in 0..capacity && RingLayout.span(size) <= most
        if (RingLayout.state(words.get(chunk)) !in RingLayout.CLAIMED..RingLayout.DONE) {
            checks.damaged(chunk, "a chunk of a ring has no state")
        }
        if (!isPossible) checks.damaged(chunk, "a chunk of a ring cannot have $size bytes")
        return RingLayout.span(size)
    }

    /** Whether the session that [word] names has ended, as far as is known. */
    private fun isOver(word: Long): Boolean {
        val other = RingLayout.token(word)
        return other != token && !sessions.isEntered(FileLock.sessionIn(other), other)
    }

    private inline fun orWaiting(event: FileEvent, nanos: Long, attempt: () -> Long): Long {
        var found = attempt()
        if (found != NONE) return found
        val patience = Patience(session, nanos)
        for (round in 1..ATTEMPTS) {
            if (patience.isOver) break
            repeat(SPINS) { Thread.onSpinWait() }
            found = attempt()
            if (found != NONE) return found
        }
        while (true) {
            val seen = event.prepare()
            if (patience.isTimeToLook()) recoverDead()
            found = attempt()
            if (found != NONE) {
                // Others may wait still, and only one was woken.
                if (nanos > 0) {
                    val _ = event.prepare()
                }
                return found
            }
            if (patience.isOver) return NONE
            patience.await(event, seen)
        }
    }

    /** Asks of all other sessions that fill or read a chunk whether they live. */
    private fun recoverDead() {
        lastLook = System.nanoTime()
        val others = BitSet()
        locked {
            val tail = tail()
            var position = advance(tail)
            while (position < tail) {
                val chunk = headerAt(position)
                val other = RingLayout.token(words.get(chunk))
                if (other != 0L && other != token) others.set(FileLock.sessionIn(other))
                position += spanAt(position, tail)
            }
        }
        others.stream().forEach { sessions.recoverIfDead(it) }
    }

    internal companion object {
        /** Stands for no chunk. */
        const val NONE: Long = -1

        /** Stands for a look at other sessions first. */
        private const val LOOK: Long = -2
        private const val ATTEMPTS = 4
        private const val SPINS = 50
    }
}
