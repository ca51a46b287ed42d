package dev.leasehold.memory.samples

import dev.leasehold.memory.GiB
import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.permanent.AddressRange
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.permanent.PermanentTable
import dev.leasehold.memory.permanent.ProcessMemory

internal fun permanentMemory(function: Long): String {
    // Where a jump with a distance of 32 bits reaches it from the function.
    val memory = PermanentMemory.obtain(64, AddressRange.around(function, 1.GiB), alignment = 16)
    val address = memory.append("a table for generated code".encodeToByteArray(), alignment = 16)
    return memory.view(address, 26).getUtf8()
}

internal fun permanentTable(): List<String> {
    val words = PermanentTable.obtain("sample words") // the same one in every class loader
    val number = words.append("lease".encodeToByteArray())
    words.append("block".encodeToByteArray())
    return (number until words.size).map { words[it].getUtf8() }
}

internal fun processMemory(process: Long): Long = ProcessMemory.open(process).use { other ->
    other.buffers().sumOf { it.size - it.remaining } // bytes that the other process has appended
}
