package dev.leasehold.testing

import com.tngtech.archunit.core.domain.JavaClasses
import com.tngtech.archunit.core.importer.ClassFileImporter
import java.nio.file.Path

/** The architecture of the library, as every module's `ArchitectureSpec` holds its own classes to it. */
public object House {
    /** The floors, ground first, with the library's real root package. */
    public val floors: Floors = Floors("dev.leasehold.memory")

    /** The named crossings to `java.lang.foreign` and NIO, and the facade that is made of them. */
    public val signatures: PublicSignatures = PublicSignatures(
        crossings = setOf(
            "asMemorySegment",
            "asByteBuffer",
            "asKeptMemorySegment",
            "asInputStream",
            "asOutputStream",
            "asKeptByteBuffer",
            "asMemorySegments",
            "Segment.Companion.of",
            // Layouts of structs.
            "toStructLayout",
            "Struct.requireSame",
            "Struct.Companion.of",
            // Objects of a pool, for Java.
            "ObjectPool.findMemorySegment",
            "ObjectPool.readMemorySegment",
            "HoldableObjectPool.holdMemorySegment",
            // The actions on chunks, for Java.
            "ChunkRing.tryWrite",
            "ChunkRing.write",
            "ChunkRing.tryRead",
            "ChunkRing.read",
            "ChunkRing.drain",
            "ChunkRing.consumeEach",
            "MappedRing.tryWrite",
            "MappedRing.write",
            "MappedRing.tryRead",
            "MappedRing.read",
            "MappedRing.drain",
            // What is read or written by a coroutine is a channel or a file.
            "readLeases",
            "AsynchronousTransfersKt.read",
            "AsynchronousTransfersKt.writeAll",
            // Memory from elsewhere that buffers adopt, and what gives it back.
            "ReleaseAction.release",
            "UniqueBuffer.Companion.adopt",
            "HeldBytes.ownArena",
            // A file is named by its path.
            "MappedFileException.path",
            "MappedFileFullException.path",
            "MappedMemory.verify",
            "MappedReport.path",
            "MemoryReport.html",
            "MappedMap.path",
            "MappedMemory.map",
            "MappedMemoryManager.path",
            "MappedMemoryManager.Companion.create",
            "MappedMemoryManager.Companion.open",
            "MappedMemoryManager.Companion.openOrCreate",
            "MappedMemoryManager.Companion.openReadOnly",
            "MappedMemoryManager.Companion.delete",
            // Java's ways to permanent memory.
            "PermanentSink.append",
            "PermanentSink.tryAppend",
            "PermanentSink.reserveMemorySegment",
            "PermanentSink.tryReserveMemorySegment",
            "PermanentTable.append",
            "ProcessMemory.read",
            // Java's ways to elements off the heap.
            "KeyHash.Companion.ofBytes",
            "SmallStructBuffers.push",
            "SmallStructBuffers.drain",
            "SmallStructBuffers.drainWhile",
        ),
        facades = setOf("Memory", "ClosableMemoryScope", "StructOf"),
    )

    /** The compiled main classes of the module whose tests run. */
    public fun classesOfThisModule(): JavaClasses {
        val classes = ClassFileImporter().importPath(Path.of("target/classes"))
        check(classes.isNotEmpty()) { "target/classes is empty: compile the module first" }
        return classes
    }
}
