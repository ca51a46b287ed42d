package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.ManagerOptions
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.support.ScriptedPlatform
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.OffHeapCollection
import dev.leasehold.memory.typed.OffHeapDictionary
import dev.leasehold.memory.typed.set
import dev.leasehold.testing.await
import dev.leasehold.testing.awaitNativeRead
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeFalse
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.nio.ByteBuffer
import java.nio.channels.Pipe

/** Growth that is refused, by a limit or at any of its steps, leaves a collection as it was. */
class CollectionFaultSpec : FunSpec() {
    init {
        for (growing in Growing.all) {
            test("$growing that a budget lets grow no more is as it was, and grows when there is room again") {
                withinBudget(growing)
            }

            test("$growing is as it was whichever step of its growth fails, and goes on from there") {
                failingAtEachStep(growing, lasting = true)
                failingAtEachStep(growing, lasting = false)
            }

            test("$growing that is refused when it is made, at any step, leaves nothing behind") {
                failingWhenMade(growing)
            }

            test("$growing whose room is refused, ahead or back, is as it was") { refusedRoom(growing) }
        }

        test("a table whose old bytes a read of the system still uses does not grow, and loses nothing") {
            val manager = SystemMemoryManager("busy")
            val dictionary = OffHeapDictionary(ElementType.LONG, ElementType.LONG, manager, 40_000)
            var key = 0L
            while (dictionary.size < dictionary.capacity) dictionary[key] = key++
            val view = dictionary.block.asKeptMemorySegment()
            val pipe = Pipe.open()
            val reading = Thread.ofPlatform().daemon().start { pipe.source().read(view.asSlice(64, 8).asByteBuffer()) }
            awaitNativeRead(reading)
            val block = dictionary.block
            shouldThrow<MemoryBusyException> { dictionary[key] = key }
            shouldThrow<MemoryBusyException> { dictionary.reserve(1_000_000) }
            check(dictionary.block === block)
            dictionary.size shouldBe key
            manager.stats().blocks shouldBe 1
            shouldThrow<MemoryBusyException> { dictionary.close() }
            dictionary.isClosed.shouldBeFalse()
            val layout = view.get(java.lang.foreign.ValueLayout.JAVA_LONG, 64)
            pipe.sink().write(ByteBuffer.allocate(8).order(java.nio.ByteOrder.nativeOrder()).putLong(0, layout))
            reading.join()
            dictionary[key] = key
            dictionary.size shouldBe key + 1
            dictionary.close()
            manager.stats().blocks shouldBe 0
            manager.close()
        }
    }

    private fun <C : OffHeapCollection> withinBudget(growing: Growing<C>) {
        MemoryBudget("tight", 600.KiB).use { budget ->
            SystemMemoryManager("tight") { this.budget = budget }.use { manager ->
                val collection = growing.make(manager)
                val ballast = manager.allocate(128.KiB)
                var number = 0
                val refusal = shouldThrow<BudgetExceededException> {
                    while (true) growing.add(collection, number++)
                }
                refusal.ownerName shouldBe "tight"
                number--
                collection.size shouldBe number
                number shouldBeGreaterThan 100
                growing.check(collection)
                repeat(3) { shouldThrow<MemoryExhaustedException> { growing.add(collection, number) } }
                growing.check(collection)
                collection.size shouldBe number
                ballast.close()
                manager.trim()
                // Room for some of them at least, where it takes both the old and the new.
                runCatching { repeat(1000) { growing.add(collection, number++) } }
                growing.check(collection)
                collection.close()
            }
        }
    }

    private fun <C : OffHeapCollection> failingAtEachStep(growing: Growing<C>, lasting: Boolean) {
        val platform = Faults(lasting)
        val manager = SystemMemoryManager.make("faults", ManagerOptions().apply { idleBound = 0 }, platform)
        val collection = growing.make(manager)
        var refusals = 0
        for (number in 0 until ELEMENTS) {
            var step = 0
            while (true) {
                platform.failAt = ++step
                val done = runCatching { growing.add(collection, number) }
                platform.failAt = 0
                if (done.isSuccess) break
                refusals++
                collection.size shouldBe number
                growing.check(collection)
            }
        }
        collection.size shouldBe ELEMENTS
        growing.check(collection)
        refusals shouldBeGreaterThan if (lasting) 5 else 2
        collection.close()
        manager.stats().blocks shouldBe 0
        manager.close()
        await("all is back: $manager") { platform.lentBytes == 0L }
    }

    private fun <C : OffHeapCollection> failingWhenMade(growing: Growing<C>) {
        val platform = Faults()
        val manager = SystemMemoryManager.make("faults", ManagerOptions().apply { idleBound = 0 }, platform)
        var step = 0
        while (true) {
            platform.failAt = ++step
            val made = runCatching { growing.make(manager) }
            platform.failAt = 0
            made.onSuccess { it.close() }
            manager.stats().blocks shouldBe 0
            if (made.isSuccess) break
        }
        step shouldBeGreaterThan 1
        manager.close()
        await("all is back: $manager") { platform.lentBytes == 0L }
    }

    private fun <C : OffHeapCollection> refusedRoom(growing: Growing<C>) {
        val platform = Faults()
        val manager = SystemMemoryManager.make("faults", ManagerOptions().apply { idleBound = 0 }, platform)
        val collection = growing.make(manager)
        for (number in 0 until 70_000) growing.add(collection, number)
        val changes = listOf<() -> Unit>(
            { collection.reserve(200_000) },
            { collection.shrink() },
            { collection.reserve(1_000_000) },
            { collection.shrink() },
        )
        for (change in changes) {
            var step = 0
            while (true) {
                platform.failAt = ++step
                val done = runCatching(change)
                platform.failAt = 0
                growing.check(collection)
                collection.size shouldBe 70_000
                if (done.isSuccess) break
            }
        }
        growing.add(collection, 70_000)
        growing.check(collection)
        collection.close()
        manager.close()
        await("all is back: $manager") { platform.lentBytes == 0L }
    }

    /**
     * Fails at one of the steps that take memory or a view of it, counted from the moment that this was said, and, if
     * that is [lasting], at all those after it.
     */
    private class Faults(
        private val lasting: Boolean = true,
        private val real: ScriptedPlatform = ScriptedPlatform(),
    ) : Platform by real {
        private var steps = 0

        /** Which step fails first; none if 0. */
        var failAt: Int = 0
            set(value) {
                steps = 0
                field = value
            }

        val lentBytes: Long get() = real.lentBytes

        private fun fails(): Boolean {
            if (failAt == 0) return false
            steps++
            return if (lasting) steps >= failAt else steps == failAt
        }

        override fun map(bytes: Long): Long = if (fails()) 0 else real.map(bytes)

        override fun remap(address: Long, oldBytes: Long, newBytes: Long, mayMove: Boolean): Long =
            if (newBytes > oldBytes && fails()) 0 else real.remap(address, oldBytes, newBytes, mayMove)

        override fun view(address: Long, size: Long, arena: Arena?): MemorySegment {
            check(!fails()) { "no view, by script" }
            return real.view(address, size, arena)
        }
    }

    private companion object {
        // Some 3 MiB of elements: past the sizes that are cut from slabs, and past the first mappings of their own.
        const val ELEMENTS = 200_000
    }
}
