package dev.leasehold.stress

import dev.leasehold.memory.internal.typed.ObjectSlots
import dev.leasehold.memory.internal.typed.WordSlots

private const val MOST_SHIFT = 3

/** What a drain adds for a slot that had no element of these tests. */
private const val NO_ELEMENT = 1_000

private fun refuse(): Nothing = throw UnsupportedOperationException("nothing is closed, full or drained twice here")

/** The slots of a small buffer of primitives, by names that Java sees. */
internal open class PushedWords(inlineCapacity: Int) : WordSlots(inlineCapacity, mostShift = MOST_SHIFT) {
    /** Pushes [element], which is 1 or 10. */
    fun push(element: Int) = pushBits(element.toLong())

    /** The sum of what there was. */
    fun drain(): Int {
        var sum = 0
        beginDrain()
        try {
            while (nextPart()) for (slot in cursor.from..<cursor.until) sum += valueOf(words[slot] xor KEY)
        } finally {
            endDrain()
        }
        return sum
    }

    private fun valueOf(bits: Long) = if (bits == 1L || bits == 10L) bits.toInt() else NO_ELEMENT

    override fun refuseClosed(verb: String): Nothing = refuse()

    override fun refuseTurn(verb: String): Nothing = refuse()

    override fun refuseFull(): Nothing = refuse()
}

/** The twin whose drain does not wait for elements. Its pushers are slow, so that there is something to wait for. */
internal class HastyWords(inlineCapacity: Int) : PushedWords(inlineCapacity) {
    override fun put(slots: LongArray, slot: Int, word: Long) {
        Thread.onSpinWait()
        super.put(slots, slot, word)
    }

    override fun awaitWords(slots: LongArray, from: Int, until: Int) = Unit
}

/** The twin whose drain does not look whether the word is still what it was. */
internal class ForgetfulWords(inlineCapacity: Int) : PushedWords(inlineCapacity) {
    override fun replaceWord(seen: Long, next: Long): Boolean {
        val _ = swapWord(next)
        return true
    }
}

/** The twin whose push reads the word, and then writes it. */
internal class TornWords(inlineCapacity: Int) : PushedWords(inlineCapacity) {
    override fun claim(): Long {
        val seen = seenWord
        val _ = swapWord(seen + 1)
        return seen
    }
}

/** An element with a plain field. */
internal class Cell {
    @JvmField var value = 0
}

/** The slots of a small buffer of objects, by names that Java sees. */
internal open class PushedCells : ObjectSlots(1, mostShift = MOST_SHIFT) {
    fun push(cell: Cell) = pushObject(cell)

    /** The sum of the values of what there was. */
    fun drain(): Int {
        var sum = 0
        beginDrain()
        try {
            while (nextPart()) for (slot in cursor.from..<cursor.until) sum += valueOf(objects[slot])
        } finally {
            endDrain()
        }
        return sum
    }

    private fun valueOf(element: Any?) = if (element is Cell) element.value else NO_ELEMENT

    override fun refuseClosed(verb: String): Nothing = refuse()

    override fun refuseTurn(verb: String): Nothing = refuse()

    override fun refuseFull(): Nothing = refuse()
}

/** The twin whose drain does not wait for objects. */
internal class HastyCells : PushedCells() {
    override fun awaitObjects(slots: Array<Any?>, from: Int, until: Int) = Unit
}
