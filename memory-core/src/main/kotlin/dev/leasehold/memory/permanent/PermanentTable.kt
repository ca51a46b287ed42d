package dev.leasehold.memory.permanent

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.permanent.AppendBuffer
import dev.leasehold.memory.internal.permanent.PermanentMessages
import dev.leasehold.memory.internal.permanent.TableMemory
import dev.leasehold.memory.internal.permanent.TableRecords
import dev.leasehold.memory.internal.permanent.Tables
import dev.leasehold.memory.permanent.AddressSpace.looking
import java.lang.foreign.MemorySegment

/**
 * A table of records in permanent memory that is found by its name, for parts of a process, and processes, that want to
 * find what others have appended. Records are numbered from 0 on in the order in which they became visible, are whole
 * when they are, and never change or go.
 *
 * ```
 * val words = PermanentTable.obtain("words")
 * val number = words.append("lease".encodeToByteArray())
 * words[number].getUtf8()
 * ```
 *
 * **Ownership.** Nobody's: it is there as long as the process that it belongs to.
 * **Threads.** Any, and any process; none waits for another, and one that dies in an append leaves no half record. What
 * a writer did before it appended is seen by the thread that reads the record.
 * **Cost.** An append is one to the memory, with 8 bytes for its length, and one compare-and-set that gives it its number
 * in another 8. A record is found by its number in some nanoseconds.
 *
 * @property name what all find it by
 * @sample dev.leasehold.memory.samples.permanentTable
 */
public class PermanentTable private constructor(
    public val name: String,
    private val memory: TableMemory,
    private val records: TableRecords,
) {
    /**
     * How many records there are.
     *
     * **Cost.** A look at each block of places behind the last that is known: some nanoseconds.
     *
     * @throws PermanentMemoryDamagedException when someone has overwritten the table
     * @throws ProcessMemoryClosedException when it was taken from a [ProcessMemory] that is closed
     */
    public val size: Long get() = using { records.size }

    /** Runs [action], and explains why it cannot be done where the memory has gone, or cannot be looked at. */
    private inline fun <R> using(action: () -> R): R = try {
        looking(action)
    } catch (failure: IllegalStateException) {
        memory.requireOpen()
        throw failure
    }

    /**
     * Appends [record].
     *
     * @return its number
     * @throws PermanentMemoryFullException when the table is that of another process, and that has no room left
     * @throws AddressRangeExhaustedException when there is no room for another buffer of memory
     * @throws BudgetExceededException when [PermanentMemory.budget], or one above it, refuses that
     * @throws PermanentMemoryDamagedException when someone has overwritten the table
     * @throws ProcessMemoryClosedException when it was taken from a [ProcessMemory] that is closed
     */
    @JvmSynthetic
    @IgnorableReturnValue
    public fun append(record: Segment): Long = append(record.asMemorySegment())

    /** Appends [record]: as [append] of a segment. */
    @IgnorableReturnValue
    public fun append(record: ByteArray): Long = append(MemorySegment.ofArray(record))

    /** Appends [record]: as [append] of a segment. */
    @IgnorableReturnValue
    public fun append(record: MemorySegment): Long {
        checkReadable(record)
        return using {
            val address = records.reserve(record.byteSize())
            MemorySegment.copy(record, 0, contentOf(address), 0, record.byteSize())
            records.publish(address)
        }
    }

    /**
     * The bytes of the record [index], to be read only.
     *
     * @throws PermanentTableException when there is no such record
     * @throws PermanentMemoryDamagedException when someone has overwritten the table
     * @throws ProcessMemoryClosedException when it was taken from a [ProcessMemory] that is closed
     */
    @JvmSynthetic
    public operator fun get(index: Long): Segment = Segment.of(asMemorySegment(index))

    /** [get] for Java. */
    public fun asMemorySegment(index: Long): MemorySegment = using { contentOf(address(index)).asReadOnly() }

    /**
     * Where the bytes of the record [index] begin, in the process that the table belongs to. Throws what [get] does.
     *
     * @throws PermanentTableException when there is no such record
     */
    public fun addressOf(index: Long): Long = using { address(index) + Long.SIZE_BYTES }

    private fun address(index: Long): Long {
        val address = records.address(index)
        if (address == 0L) throw PermanentTableException(PermanentMessages.noRecord(name, index, size))
        return address
    }

    private fun contentOf(address: Long): MemorySegment {
        val buffer = records.bufferOf(address)
        return buffer.bytes.asSlice(address + Long.SIZE_BYTES - buffer.address, records.sizeOf(address, buffer))
    }

    /** Its name, for logs. */
    override fun toString(): String = "PermanentTable('$name')"

    /** Finds tables, and makes them. */
    public companion object {
        /**
         * The table of this process that is called [name], which is made where there is none. What is appended
         * through this object goes into memory in [range]; what others append lies where they want it.
         *
         * @throws PermanentTableException when the name has not 1 to 1,024 bytes as UTF-8
         * @throws AddressRangeExhaustedException when the range has no room
         * @throws BudgetExceededException when [PermanentMemory.budget], or one above it, refuses
         * @throws PermanentMemoryAccessException when the system does not let memory be shared
         * @throws PermanentMemoryDamagedException when someone has overwritten a table
         * @throws UnsupportedOperationException where this library does not know the address space of the system
         */
        @JvmStatic
        @JvmOverloads
        public fun obtain(name: String, range: AddressRange = AddressRange.ANYWHERE): PermanentTable {
            val bytes = bytesOf(name)
            val memory = OwnMemory(range)
            return looking { PermanentTable(name, memory, Tables(memory, ::damaged).findOrMake(bytes)) }
        }

        /**
         * The table of this process that is called [name]; null when there is none.
         *
         * @throws PermanentTableException when the name has not 1 to 1,024 bytes as UTF-8
         * @throws PermanentMemoryAccessException when the system does not let this process look at itself
         * @throws PermanentMemoryDamagedException when someone has overwritten a table
         * @throws UnsupportedOperationException where this library does not know the address space of the system
         */
        @JvmStatic
        public fun find(name: String): PermanentTable? = looking {
            if (PermanentMemory.registry.registry == null) null else find(name, OwnMemory(AddressRange.ANYWHERE))
        }

        /** The names of the tables of this process, the oldest first. Throws what [find] does, but for names. */
        @JvmStatic
        public fun names(): List<String> = looking {
            if (PermanentMemory.registry.registry == null) emptyList() else names(OwnMemory(AddressRange.ANYWHERE))
        }

        internal fun find(name: String, memory: TableMemory): PermanentTable? =
            Tables(memory, ::damaged).find(bytesOf(name))?.let { PermanentTable(name, memory, it) }

        internal fun names(memory: TableMemory): List<String> =
            Tables(memory, ::damaged).names().map(ByteArray::decodeToString)

        private fun bytesOf(name: String): ByteArray {
            val bytes = name.encodeToByteArray()
            if (bytes.size !in 1..Tables.MOST_NAME) throw PermanentTableException(PermanentMessages.noTable(name))
            return bytes
        }

        private fun damaged(address: Long): Nothing =
            throw PermanentMemoryDamagedException(PermanentMessages.damagedTable(address))
    }

    /** The memory of this process. */
    private class OwnMemory(private val range: AddressRange) : TableMemory {
        override val registry: FileWords
            get() {
                val registry = PermanentMemory.registry.registry
                if (registry != null) return registry.first
                // Makes it, or says why not.
                val _ = PermanentMemory.obtain(0, range)
                return checkNotNull(PermanentMemory.registry.registry).first
            }

        override fun holding(address: Long, size: Long): AppendBuffer? = PermanentMemory.holding(address, size)

        override fun claim(size: Long): Long {
            while (true) {
                val memory = PermanentMemory.obtain(size, range, Long.SIZE_BYTES.toLong())
                val start = memory.claim(size, Long.SIZE_BYTES.toLong())
                if (start == AppendBuffer.NO_MEMORY) throw noPages(size)
                if (start >= 0) return memory.base + start
            }
        }
    }
}
