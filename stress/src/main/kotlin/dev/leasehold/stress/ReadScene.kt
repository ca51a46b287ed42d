package dev.leasehold.stress

import dev.leasehold.memory.Segment
import dev.leasehold.memory.typed.Bytes
import dev.leasehold.memory.typed.Handle
import dev.leasehold.memory.typed.ObjectPool
import dev.leasehold.memory.typed.read
import java.lang.foreign.MemorySegment

// One for all scenes: what is freed in one is allocated in the next.
private val OBJECTS = ObjectPool("stress", Bytes(2L * Long.SIZE_BYTES, Long.SIZE_BYTES.toLong())) { batchSize = 16 }

/** An object with its own handle in both of its words, which one thread frees while another reads it. */
internal class ReadScene {
    private val meeting = Meeting()

    // The handle's bits; 0 while there is no object.
    @Volatile private var published = 0L

    /** Makes the object, waits a little for the reader, frees it, and makes the next one in its slot. */
    fun reuse() {
        val handle = born()
        published = handle.bits
        meeting.meet()
        end(handle)
        end(born())
    }

    private fun born(): Handle = OBJECTS.allocateHandle().also { handle ->
        val bytes = OBJECTS.asMemorySegment(handle)
        bytes.setWord(0, handle.bits)
        bytes.setWord(1, handle.bits)
    }

    private fun end(handle: Handle) = check(OBJECTS.free(handle)) { "an object that nobody else frees was not freed" }

    /** Reads the object: 0 when it did not live all the while, 1 when both words are its own, 2 when one is not. */
    fun read(): Int {
        meeting.meet()
        val bits = published
        return OBJECTS.read(Handle(bits)) { seen(it.asMemorySegment(), bits) } ?: 0
    }

    /** The reader that does not look a second time whether the object lives. */
    fun readWithoutSecondLook(): Int {
        meeting.meet()
        val bits = published
        return seen(OBJECTS.beginRead(Handle(bits)) ?: return 0, bits)
    }

    private fun seen(bytes: MemorySegment, bits: Long): Int =
        if (bytes.word(0) == bits && bytes.word(1) == bits) 1 else 2
}
