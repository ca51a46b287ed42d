package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.Segment
import dev.leasehold.memory.contract.typed.StructSubjects.Vec3
import dev.leasehold.memory.typed.StructArray
import dev.leasehold.memory.typed.StructColumns
import dev.leasehold.memory.typed.asColumns
import dev.leasehold.memory.typed.asStructs
import java.lang.foreign.MemorySegment

/** What Kotlin code hands to Java code. */
object StructsForJava {
    @JvmStatic
    fun vectors(memory: MemorySegment): StructArray<Vec3> = Segment.of(memory).asStructs(Vec3)

    @JvmStatic
    fun columns(memory: MemorySegment): StructColumns<Vec3> = Segment.of(memory).asColumns(Vec3)
}
