package dev.leasehold.memory.internal.epoch

import dev.leasehold.memory.internal.block.HygieneAction
import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.MagazineStack
import dev.leasehold.memory.internal.block.PackedBlock
import dev.leasehold.memory.internal.block.SizeClasses
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong

/**
 * Blocks that have left quarantine, in the notes in which their closers left them, until somebody wants a block.
 *
 * So it is mostly the thread that wrote a note that reads it, with the note still in its processor's cache; the thread
 * that retires epochs only passes it on. Lock-free, for any number of threads.
 */
internal class RetiredNotes(private val hygiene: HygieneAction, private val engine: Engine) {
    /** What is asked of the pool's machinery. */
    interface Engine {
        fun emptyMagazine(classIndex: Int): Magazine

        fun disposeMagazine(classIndex: Int, magazine: Magazine)

        /** Takes an emptied note back. */
        fun spareNote(note: Magazine)
    }

    private val notes = MagazineStack()
    private val bytesOut = AtomicLong()

    // Threads that have a note in their hands.
    private val sorters = AtomicInteger()

    /** How many bytes were ever taken from here. */
    val quarantinedOut: Long get() = bytesOut.get()

    fun add(note: Magazine) = notes.push(note)

    /** Takes a magazine of [classIndex]: a note that is one, or what [look] finds after a note was sorted; else null. */
    inline fun take(classIndex: Int, look: () -> Magazine?): Magazine? {
        while (true) {
            val note = notes.pop() ?: return null
            if (asMagazine(note, classIndex)) return note
            sort(note)
            look()?.let { return it }
        }
    }

    /** Sorts everything into magazines. */
    fun sortAll() {
        sorters.incrementAndGet()
        try {
            while (true) sort(notes.pop() ?: return)
        } finally {
            sorters.decrementAndGet()
        }
    }

    /** Waits until no [sortAll] has a note in its hands. */
    fun awaitSorters() {
        while (sorters.get() > 0) Thread.yield()
    }

    /** Makes a magazine of [classIndex] of [note], in place, if it holds nothing else: the usual case. */
    private fun asMagazine(note: Magazine, classIndex: Int): Boolean {
        val rounds = note.rounds
        for (index in 0 until note.count) if (PackedBlock.code(rounds[index]) != classIndex) return false
        for (index in 0 until note.count) rounds[index] = released(rounds[index])
        bytesOut.addAndGet(note.count * SizeClasses.sizeOf(classIndex))
        return true
    }

    private fun sort(note: Magazine) {
        var magazine: Magazine? = null
        var of = -1
        var bytes = 0L
        while (note.count > 0) {
            val packed = note.pop()
            val code = PackedBlock.code(packed)
            if (magazine == null || code != of || magazine.count == magazine.rounds.size) {
                if (magazine != null) engine.disposeMagazine(of, magazine)
                magazine = engine.emptyMagazine(code)
                of = code
            }
            magazine.push(released(packed))
            bytes += SizeClasses.sizeOf(code)
        }
        if (magazine != null) engine.disposeMagazine(of, magazine)
        bytesOut.addAndGet(bytes)
        engine.spareNote(note)
    }

    /** The address of [packed], out of quarantine. */
    private fun released(packed: Long): Long {
        val address = PackedBlock.address(packed)
        // A kept view could write until the epoch retired.
        if (hygiene.onClose) hygiene.ended(address, SizeClasses.sizeOf(PackedBlock.code(packed)))
        return address
    }
}
