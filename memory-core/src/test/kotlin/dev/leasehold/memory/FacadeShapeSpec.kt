package dev.leasehold.memory

import dev.leasehold.memory.diagnostics.BlockManagerMXBean
import dev.leasehold.memory.diagnostics.BudgetSnapshot
import dev.leasehold.memory.diagnostics.LeasePoolMXBean
import dev.leasehold.memory.diagnostics.ManagerSnapshot
import dev.leasehold.memory.diagnostics.MemoryBeans
import dev.leasehold.memory.diagnostics.MemoryBudgetMXBean
import dev.leasehold.memory.diagnostics.MemorySnapshot
import dev.leasehold.memory.diagnostics.PoolSnapshot
import dev.leasehold.memory.diagnostics.SuspendingPoolSnapshot
import dev.leasehold.memory.permanent.AddressRange
import dev.leasehold.memory.permanent.AddressSpace
import dev.leasehold.memory.permanent.MemoryRegion
import dev.leasehold.memory.permanent.PermanentAppender
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.permanent.PermanentSink
import dev.leasehold.memory.permanent.PermanentTable
import dev.leasehold.memory.permanent.PrivateMemory
import dev.leasehold.memory.permanent.ProcessMemory
import dev.leasehold.memory.typed.ArrayLayout
import dev.leasehold.memory.typed.Bytes
import dev.leasehold.memory.typed.ChunkRing
import dev.leasehold.memory.typed.ConcurrentBitmap
import dev.leasehold.memory.typed.ElementArray
import dev.leasehold.memory.typed.HoldableObjectPool
import dev.leasehold.memory.typed.KeyHash
import dev.leasehold.memory.typed.LayoutStruct
import dev.leasehold.memory.typed.MemoryLocation
import dev.leasehold.memory.typed.ObjectPool
import dev.leasehold.memory.typed.ObjectPoolOptions
import dev.leasehold.memory.typed.ObjectPoolStatistics
import dev.leasehold.memory.typed.OffHeapAppendList
import dev.leasehold.memory.typed.OffHeapCollection
import dev.leasehold.memory.typed.OffHeapDictionary
import dev.leasehold.memory.typed.OffHeapElements
import dev.leasehold.memory.typed.OffHeapList
import dev.leasehold.memory.typed.OffHeapQueue
import dev.leasehold.memory.typed.OffHeapStack
import dev.leasehold.memory.typed.PooledObject
import dev.leasehold.memory.typed.ReleasedBuffer
import dev.leasehold.memory.typed.SharedBuffer
import dev.leasehold.memory.typed.SmallBuffer
import dev.leasehold.memory.typed.SmallObjectBuffer
import dev.leasehold.memory.typed.SmallStructBuffer
import dev.leasehold.memory.typed.StringTable
import dev.leasehold.memory.typed.Struct
import dev.leasehold.memory.typed.StructArray
import dev.leasehold.memory.typed.StructColumns
import dev.leasehold.memory.typed.StructIterator
import dev.leasehold.memory.typed.StructOf
import dev.leasehold.memory.typed.TypedBuffer
import dev.leasehold.memory.typed.UniqueBuffer
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.collections.shouldHaveSize
import java.lang.reflect.Constructor
import java.lang.reflect.Method
import java.lang.reflect.Modifier
import kotlin.enums.EnumEntries

/** What Java must not meet, for each check one case of it. */
@Suppress("unused", "UNUSED_PARAMETER")
private class OddFacade(name: String, size: Long = 0) {
    fun segment(segment: Segment): Long = segment.size

    fun grow(size: Long, zeroed: Boolean = false): Boolean = zeroed

    companion object {
        fun make(): OddFacade = OddFacade("odd")
    }
}

class FacadeShapeSpec : FunSpec() {
    private val verbs: Class<*> = Class.forName("dev.leasehold.memory.Memory")
    private val facade = listOf(
        verbs,
        MemoryPool::class.java,
        FixedMemoryPool::class.java,
        Lease::class.java,
        SharedLease::class.java,
        PoolStatistics::class.java,
        MemoryManager::class.java,
        SystemMemoryManager::class.java,
        ManagerStatistics::class.java,
        WaitStatistics::class.java,
        Block::class.java,
        MemoryBudget::class.java,
        SoftLimitWatch::class.java,
        Class.forName("dev.leasehold.memory.typed.TypedMemory"),
        Struct::class.java,
        StructOf::class.java,
        LayoutStruct::class.java,
        StructArray::class.java,
        StructIterator::class.java,
        StructColumns::class.java,
        ArrayLayout::class.java,
        ElementArray::class.java,
        Bytes::class.java,
        ChunkRing::class.java,
        ConcurrentBitmap::class.java,
        HoldableObjectPool::class.java,
        KeyHash::class.java,
        MemoryLocation::class.java,
        ObjectPool::class.java,
        ObjectPoolOptions::class.java,
        ObjectPoolStatistics::class.java,
        OffHeapAppendList::class.java,
        OffHeapCollection::class.java,
        OffHeapDictionary::class.java,
        OffHeapElements::class.java,
        OffHeapList::class.java,
        OffHeapQueue::class.java,
        OffHeapStack::class.java,
        PooledObject::class.java,
        ReleasedBuffer::class.java,
        SharedBuffer::class.java,
        SmallBuffer::class.java,
        SmallObjectBuffer::class.java,
        SmallStructBuffer::class.java,
        StringTable::class.java,
        TypedBuffer::class.java,
        UniqueBuffer::class.java,
        BlockManagerMXBean::class.java,
        BudgetSnapshot::class.java,
        LeasePoolMXBean::class.java,
        ManagerSnapshot::class.java,
        MemoryBeans::class.java,
        MemoryBudgetMXBean::class.java,
        MemorySnapshot::class.java,
        PoolSnapshot::class.java,
        SuspendingPoolSnapshot::class.java,
        AddressRange::class.java,
        AddressSpace::class.java,
        MemoryRegion::class.java,
        PermanentAppender::class.java,
        PermanentMemory::class.java,
        PermanentSink::class.java,
        PermanentTable::class.java,
        PrivateMemory::class.java,
        ProcessMemory::class.java,
        Class.forName("dev.leasehold.memory.typed.OffHeap"),
        Class.forName("dev.leasehold.memory.typed.SmallBuffers"),
        Class.forName("dev.leasehold.memory.typed.ObjectViews"),
    )

    init {
        test("nothing that Java sees has a mangled name or a Kotlin function type or a value class") {
            facade.flatMap(::strange).shouldBeEmpty()
            strange(OddFacade::class.java) shouldHaveSize 1
        }

        test("what a companion can do is a static method of its class, too") {
            facade.flatMap(::onlyInCompanion).shouldBeEmpty()
            onlyInCompanion(OddFacade::class.java) shouldHaveSize 1
        }

        test("whatever has a default argument has an overload without it") {
            facade.flatMap(::withoutOverload).shouldBeEmpty()
            withoutOverload(OddFacade::class.java) shouldHaveSize 2
        }

        test("the verbs are static methods of Memory") {
            statics(verbs) shouldContainAll
                setOf("rent", "rentShared", "tryRent", "tryRentShared", "allocate", "withMemorySegment")
        }
    }

    private fun visible(type: Class<*>): List<Method> = type.declaredMethods.filter {
        Modifier.isPublic(it.modifiers) && !it.isSynthetic && !it.isBridge
    }

    private fun statics(type: Class<*>): Set<String> =
        visible(type).filter { Modifier.isStatic(it.modifiers) }.map { it.name }.toSet()

    private fun strange(type: Class<*>): List<String> = visible(type).filter { method ->
        val types = method.parameterTypes.toList() + method.returnType
        '-' in method.name || '$' in method.name ||
            types.any { (it.name.startsWith("kotlin.") && it != EnumEntries::class.java) || it == Segment::class.java }
    }.map { "${type.simpleName}.${it.name}" }

    private fun onlyInCompanion(type: Class<*>): List<String> {
        val companion = type.declaredClasses.singleOrNull { it.simpleName == "Companion" } ?: return emptyList()
        return visible(companion).map { it.name }.filterNot { it in statics(type) }.map { "${type.simpleName}.$it" }
    }

    private fun withoutOverload(type: Class<*>): List<String> {
        val methods = type.declaredMethods.map { it.name }.filter { it.endsWith(DEFAULT) }
            .map { it.removeSuffix(DEFAULT) }.filter { name -> visible(type).count { it.name == name } == 1 }
        val (generated, written) = type.declaredConstructors.partition { it.isSynthetic }
        val offered = written.filter { Modifier.isPublic(it.modifiers) }
        val short = generated.filter(::takesDefaults).filter { offered.size == 1 }.map { "<init>" }
        return (methods + short).map { "${type.simpleName}.$it" }
    }

    // Its last parameters are the mask of what is left out, and a marker.
    private fun takesDefaults(constructor: Constructor<*>) =
        constructor.parameterTypes.takeLast(2).map { it.simpleName } == listOf("int", "DefaultConstructorMarker")

    private companion object {
        const val DEFAULT = "\$default"
    }
}
