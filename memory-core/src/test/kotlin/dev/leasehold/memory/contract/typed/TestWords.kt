package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.internal.typed.FIRST_ROUND
import dev.leasehold.memory.internal.typed.ObjectSlots
import dev.leasehold.memory.internal.typed.WordSlots

/** A drain that another one refuses, in the slots of tests. */
internal class TurnTaken : RuntimeException()

/** What a small buffer of primitives is made of, open for tests. */
internal open class TestWords(inlineCapacity: Int, firstRound: Long = FIRST_ROUND, mostShift: Int = MOST_SHIFT) :
    WordSlots(inlineCapacity, firstRound, mostShift) {
    fun drained(most: Int = Int.MAX_VALUE): List<Long> {
        val list = ArrayList<Long>()
        beginDrain()
        try {
            while (list.size < most && nextPart()) {
                for (slot in cursor.from..<cursor.until) if (list.size < most) list.add(words[slot] xor KEY)
            }
        } finally {
            endDrain()
        }
        return list
    }

    override fun refuseClosed(verb: String): Nothing = error("closed")

    override fun refuseTurn(verb: String): Nothing = throw TurnTaken()

    override fun refuseFull(): Nothing = error("full")
}

/** What a small buffer of objects is made of, open for tests. */
internal open class TestObjects(inlineCapacity: Int, firstRound: Long = FIRST_ROUND, mostShift: Int = MOST_SHIFT) :
    ObjectSlots(inlineCapacity, firstRound, mostShift) {
    fun drained(): List<Any?> {
        val list = ArrayList<Any?>()
        beginDrain()
        try {
            while (nextPart()) for (slot in cursor.from..<cursor.until) list.add(objects[slot])
        } finally {
            endDrain()
        }
        return list
    }

    override fun refuseClosed(verb: String): Nothing = error("closed")

    override fun refuseTurn(verb: String): Nothing = throw TurnTaken()

    override fun refuseFull(): Nothing = error("full")
}
