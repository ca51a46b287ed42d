package dev.leasehold.memory.contract.permanent

import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.permanent.BufferList
import dev.leasehold.memory.internal.permanent.Placement
import dev.leasehold.memory.internal.permanent.Registry
import dev.leasehold.memory.internal.permanent.RegistryBuffers
import dev.leasehold.memory.internal.permanent.RegistryLayout
import dev.leasehold.memory.internal.permanent.RegistryMaking
import dev.leasehold.memory.internal.permanent.SpaceCharge
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.SystemSpace
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.permanent.ProcessMemory
import dev.leasehold.memory.support.together
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.lang.foreign.ValueLayout.JAVA_LONG

/** The registry of a process, in formats of the tests' own, beside the library's. */
class RegistrySpec : FunSpec() {
    private val space = Platform.current.space
    private val budget = MemoryBudget("registry")

    private fun make(version: Long, space: SystemSpace = this.space): Registry =
        RegistryMaking(space, version).findOrMake().shouldNotBeNull()

    private fun anywhere(bytes: Long) = Placement(space, 0, -1, bytes, 1)

    private class Entry(val address: Long, val size: Long, val offset: Long)

    private fun entriesOf(registry: Registry): List<Entry> = buildList {
        registry.forEachEntry { words, entry ->
            add(
                Entry(
                    words.get(entry + RegistryLayout.ENTRY_ADDRESS),
                    words.get(entry + RegistryLayout.ENTRY_SIZE),
                    words.get(entry + RegistryLayout.ENTRY_OFFSET),
                ),
            )
        }
    }

    private fun listOf(space: SystemSpace, version: Long) = SpaceCharge("test", budget).let { charge ->
        BufferList(space, RegistryBuffers(space, RegistryMaking(space, version)), { charge }, ::PermanentMemory)
    }

    init {
        test("there is none before one is made, and then all find the same") {
            RegistryMaking(space, 2001).find().shouldBeNull()
            val made = make(2001)
            make(2001).first.bytes().address() shouldBe made.first.bytes().address()
            RegistryMaking(space, 2001).find().shouldNotBeNull().isOpen shouldBe true
        }

        test("an older and a newer format lie side by side, and neither is taken for the other") {
            val old = listOf(space, 2010)
            val new = listOf(space, 2011)
            val refuse: (Placement) -> Nothing = { error("refused") }
            val first = old.obtain(100, 0, -1, 1, refuse)
            val second = new.obtain(100, 0, -1, 1, refuse)
            first shouldNotBe second
            listOf(space, 2010).all().map { it.base } shouldBe listOf(first.base)
            listOf(space, 2011).all().map { it.base } shouldBe listOf(second.base)
            listOf(space, 2012).all() shouldHaveSize 0
        }

        test("a registry of the right name whose words are of another version is not used") {
            val odd = make(2020)
            odd.first.set(RegistryLayout.PART_VERSION, 2021)
            RegistryMaking(space, 2020).find().shouldBeNull()
            make(2020).first.bytes().address() shouldNotBe odd.first.bytes().address()
        }

        test("more than 1,000 buffers are chained, each is whole, and none lies over another") {
            val registry = make(2030)
            val addresses = List(1_100) {
                val place = registry.makeBuffer(anywhere(4096)).shouldNotBeNull()
                place.address
            }
            val entries = entriesOf(RegistryMaking(space, 2030).find().shouldNotBeNull())
            entries.map { it.address } shouldBe addresses
            entries.map { it.offset }.toSet() shouldHaveSize 1_100
            entries.sortedBy { it.address }.zipWithNext().all { (a, b) -> a.address + a.size <= b.address } shouldBe
                true
            entries.forEach { AppendBufferAt(it.address).fill(it.offset) }
            entries.all { AppendBufferAt(it.address).hasOnly(it.offset) } shouldBe true
            val list = listOf(space, 2030)
            list.all() shouldHaveSize 1_100
            list.obtain(4096, 0, -1, 1) { error("refused") } shouldBeSameInstanceAs list.all().first()
        }

        test("threads that make buffers at the same moment, over the end of a part, lose none") {
            val registry = make(2040)
            together(4) { repeat(150) { registry.makeBuffer(anywhere(4096)).shouldNotBeNull() } }
            val entries = entriesOf(make(2040))
            entries.map { it.address }.toSet() shouldHaveSize 600
            entries.map { it.offset }.toSet() shouldHaveSize 600
        }

        test("another process's view of this one's own registry is not taken for it") {
            val before = PermanentMemory.obtain(10)
            ProcessMemory.open(ProcessHandle.current().pid()).use { itself ->
                itself.buffers().map { it.base } shouldBe PermanentMemory.buffers().map { it.base }
                val found = RegistryMaking(space).find().shouldNotBeNull()
                found.first.get(RegistryLayout.PART_ADDRESS) shouldBe found.first.bytes().address()
            }
            before.append(ByteArray(1))
        }

        test("where the system refuses memory with a name there is no registry, and nothing is left open") {
            val refusing = object : SystemSpace by space {
                override fun createShared(name: String): Int = -1
            }
            RegistryMaking(refusing, 2050).findOrMake().shouldBeNull()
            val full = CountingSpace(space, extends = false)
            RegistryMaking(full, 2051).findOrMake().shouldBeNull()
            full.open shouldBe 0
            val unmapped = CountingSpace(space, places = false)
            RegistryMaking(unmapped, 2052).findOrMake().shouldBeNull()
            unmapped.open shouldBe 0
        }

        test("a buffer that the system refuses leaves nothing behind, and its memory is given out again") {
            val registry = make(2060)
            val end = registry.first.get(RegistryLayout.MEMORY_END)
            val refusing = Registry(registry.first, CountingSpace(space, places = false), ::FileWords)
            refusing.makeBuffer(anywhere(4096)).shouldBeNull()
            val short = Registry(registry.first, CountingSpace(space, extends = false), ::FileWords)
            short.makeBuffer(anywhere(4096)).shouldBeNull()
            registry.first.get(RegistryLayout.MEMORY_END) shouldBe end
            entriesOf(registry) shouldHaveSize 0
        }

        test("a buffer whose entry cannot be had, as no part can be added, is unmapped again") {
            val registry = make(2070)
            repeat(254) { registry.makeBuffer(anywhere(4096)).shouldNotBeNull() }
            val full = CountingSpace(space, parts = false)
            Registry(registry.first, full, ::FileWords).makeBuffer(anywhere(4096)).shouldBeNull()
            full.mapped shouldBe 0
            entriesOf(registry) shouldHaveSize 254
            registry.makeBuffer(anywhere(4096)).shouldNotBeNull()
        }

        test("when someone has closed its descriptor no buffer is made, and what another opened is not touched") {
            val registry = make(2080)
            space.close(registry.first.get(RegistryLayout.DESCRIPTOR).toInt())
            registry.isOpen shouldBe false
            var refused = 0
            val list = listOf(space, 2080)
            runCatching {
                list.obtain(1, 0, -1, 1) {
                    refused++
                    error("refused")
                }
            }
            refused shouldBeGreaterThan 0
        }
    }
}

/** Memory at an address, as words of one value. */
private class AppendBufferAt(address: Long) {
    private val bytes = Platform.current.view(address, 4096, null)

    fun fill(value: Long) {
        for (at in 0 until 4096L step 8) bytes.set(JAVA_LONG, at, value)
    }

    fun hasOnly(value: Long): Boolean = (0 until 4096L step 8).all { bytes.get(JAVA_LONG, it) == value }
}

/** The system, which refuses some calls, and counts what it has out. */
private class CountingSpace(
    private val real: SystemSpace,
    private val extends: Boolean = true,
    private val places: Boolean = true,
    private val parts: Boolean = true,
) : SystemSpace by real {
    var open = 0
        private set
    var mapped = 0
        private set

    override fun createShared(name: String): Int = real.createShared(name).also { open++ }

    override fun close(descriptor: Int) {
        real.close(descriptor)
        open--
    }

    override fun extend(descriptor: Int, length: Long): Boolean = extends && real.extend(descriptor, length)

    override fun placeShared(descriptor: Int, offset: Long, bytes: Long, address: Long): Long {
        if (!places || (!parts && bytes == RegistryLayout.LEAST_PART)) return 0
        return real.placeShared(descriptor, offset, bytes, address).also { if (it != 0L) mapped++ }
    }

    override fun unmap(address: Long, bytes: Long) {
        real.unmap(address, bytes)
        mapped--
    }
}
