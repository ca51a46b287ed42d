package dev.leasehold.samples.guide

import dev.leasehold.memory.GiB
import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.permanent.AddressRange
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.permanent.PermanentTable
import dev.leasehold.memory.permanent.ProcessMemory
import java.lang.foreign.MemorySegment

/** The guide's snippets on permanent memory. What stands between a region's comments is what docs/guide.md shows. */
internal object Permanent {
    fun withinReach(function: Long): String {
        // region permanent append
        val memory = PermanentMemory.obtain(64, AddressRange.around(function, 1.GiB), alignment = 16)
        val address = memory.append("a table for generated code".encodeToByteArray(), alignment = 16)
        val table = memory.view(address, 26)
        // endregion
        return table.getUtf8()
    }

    fun together(memory: PermanentMemory, records: List<ByteArray>): Long {
        // region permanent appender
        memory.appender().use { appender ->
            for (record in records) appender.append(record) // one thread's
        }
        val head = memory.exclusively(64) {
            // 64 bytes with nothing of others in between
            append(records.first()).also { append(records.last()) }
        }
        // endregion
        return head
    }

    fun found(): String {
        // region permanent table
        val words = PermanentTable.obtain("words") // the same one in every class loader
        val number = words.append("lease".encodeToByteArray())
        val word = words[number].getUtf8()
        // endregion
        return word
    }

    fun another(process: Long, record: ByteArray, address: Long, into: MemorySegment): Int {
        // region permanent process
        val buffers = ProcessMemory.open(process).use { other ->
            other.table("words")?.append(record) // its tables, to read and to append to
            other.read(address, into) // a copy of any memory of it
            other.buffers().size // its permanent memory, to read and to append to
        }
        // endregion
        return buffers
    }
}
