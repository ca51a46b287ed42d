package dev.leasehold.memory.crash

import dev.leasehold.memory.internal.mapped.FileWords
import java.lang.foreign.Arena
import java.nio.channels.FileChannel
import java.nio.channels.FileChannel.MapMode
import java.nio.file.Path
import java.nio.file.StandardOpenOption.CREATE
import java.nio.file.StandardOpenOption.READ
import java.nio.file.StandardOpenOption.WRITE

/** What the workers of a kill loop have done, by lanes of one worker at a time: in a file, so that it outlives them. */
internal class Acknowledgements(path: Path) : AutoCloseable {
    private val arena = Arena.ofShared()
    private val words = FileChannel.open(path, CREATE, READ, WRITE).use {
        FileWords(it.map(MapMode.READ_WRITE, 0, LANES * LANE_BYTES, arena))
    }

    fun lane(number: Int): Lane = Lane(words, number * LANE_BYTES)

    override fun close(): Unit = arena.close()

    /**
     * The changes of one lane, numbered from 1. Each is written down as the state that it leads to, begun, and then
     * done: a worker that dies in between may have made it or not, and one that dies elsewhere has made the last.
     */
    class Lane(private val words: FileWords, private val at: Long) {
        /** The number of the change that was begun last. */
        val number: Long get() = words.get(at + BEGUN)

        /** The state after the change that was done last. */
        val done: LongArray get() = stateAfter(words.get(at + DONE))

        private val begun: LongArray get() = stateAfter(number)

        // Two places in turn, so that the state before is there as long as a change is under way.
        private fun placeOf(number: Long) = at + STATES + number % 2 * STATE * Long.SIZE_BYTES

        private fun stateAfter(number: Long) = LongArray(STATE) { words.get(placeOf(number) + it * Long.SIZE_BYTES) }

        private fun write(number: Long, state: LongArray) {
            for (index in state.indices) words.set(placeOf(number) + index * Long.SIZE_BYTES, state[index])
        }

        /** Begins the change that leads to [next]. */
        fun begin(next: LongArray) {
            val following = number + 1
            write(following, next)
            words.set(at + BEGUN, following)
        }

        /** Acknowledges the change that was begun. */
        fun finish(): Unit = words.set(at + DONE, number)

        /** Whether the file may be in the state [actual]. */
        fun allows(actual: LongArray): Boolean = actual contentEquals done || actual contentEquals begun

        /** Goes on from [actual], when nobody works in this lane. */
        fun settle(actual: LongArray) {
            write(number, actual)
            finish()
        }

        override fun toString(): String = "${done.contentToString()}, nor ${begun.contentToString()}"
    }

    companion object {
        /** How many workers there are at a time. */
        const val LANES: Int = 4

        /** How many roots a lane has. */
        const val ROOTS: Int = 8

        /** Where in a state the word of the user area is, after the roots. */
        const val WORD: Int = ROOTS

        /** How many keys of the map a lane has: in a state they come last. */
        const val KEYS: Int = 6
        private const val STATE = ROOTS + 1 + KEYS
        private const val LANE_BYTES = 4096L
        private const val BEGUN = 0L
        private const val DONE = 8L
        private const val STATES = 64L
    }
}
