package dev.leasehold.memory.internal.mapped

/**
 * A word in the file at which threads of all processes wait until something has happened: its lowest bit says that some
 * may wait, and the rest counts. Any thread.
 *
 * A thread sets the bit, looks then whether what it waits for has happened, and only then waits while the word stays as
 * it was. Who makes it happen changes the word if the bit is set, and wakes. So no wake-up is lost between the look and
 * the wait. It may be lost where the waker dies before it wakes, or where it does not see the bit yet, because to make
 * sure would cost each unlock a fence. Hence no thread waits longer than for [SLICE] nanoseconds without a look.
 */
internal class FileEvent(session: FileSession, private val at: Long) {
    private val words = session.words
    private val file = session.file

    /** Says that this thread is about to wait, and returns what [await] takes. To be followed by a look. */
    fun prepare(): Long {
        while (true) {
            val seen = words.getVolatile(at)
            if (seen and WAITED_FOR != 0L ||
                words.compareAndSet(at, seen, seen or WAITED_FOR)
            ) {
                return seen or WAITED_FOR
            }
        }
    }

    /** Waits until something has happened since [prepare] returned [seen], up to [nanos] nanoseconds; or for less. */
    fun await(seen: Long, nanos: Long): Unit = file.waitAt(at, seen.toInt(), nanos)

    /** Whether something has happened since [prepare] returned [seen]. */
    fun hasHappened(seen: Long): Boolean = words.getVolatile(at) or WAITED_FOR != seen

    /** Lets up to [most] of the waiting threads look now. */
    fun signal(most: Int) {
        while (true) {
            val seen = words.get(at)
            if (seen and WAITED_FOR == 0L) return
            if (words.compareAndSet(at, seen, seen + WAITED_FOR)) break
        }
        file.wakeAt(at, most)
    }

    internal companion object {
        // With it set, to add it is to clear it and to count on.
        private const val WAITED_FOR = 1L

        /** How long a thread waits without a look, in nanoseconds. */
        const val SLICE: Long = 1_000_000

        /** As many threads as there are. */
        const val ALL: Int = Int.MAX_VALUE
    }
}
