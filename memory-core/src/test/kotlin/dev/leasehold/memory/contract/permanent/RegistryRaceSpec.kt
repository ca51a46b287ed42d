package dev.leasehold.memory.contract.permanent

import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.permanent.Placement
import dev.leasehold.memory.internal.permanent.Registry
import dev.leasehold.memory.internal.permanent.RegistryLayout
import dev.leasehold.memory.internal.permanent.RegistryMaking
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.ProcessRefusal
import dev.leasehold.memory.internal.platform.SystemSpace
import dev.leasehold.memory.internal.platform.view
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.permanent.ProcessMemory
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import java.lang.foreign.MemorySegment

/** What others do to a registry between two steps. */
class RegistryRaceSpec : FunSpec() {
    private val space = Platform.current.space

    private fun make(version: Long, wordsOf: (MemorySegment) -> FileWords = ::FileWords): Registry =
        RegistryMaking(space, version, wordsOf).findOrMake().shouldNotBeNull()

    private fun anywhere(bytes: Long) = Placement(space, 0, -1, bytes, 1)

    init {
        test("a second mapping of the registry, which will go, is never taken for it") {
            val registry = make(4_712)
            val descriptor = registry.first.get(RegistryLayout.DESCRIPTOR).toInt()
            val second = ArrayList<Long>()
            try {
                // One below it is looked at first; holes above may be filled before.
                while (second.none { it in 1..<registry.first.bytes().address() } && second.size < 4_000) {
                    second += space.placeShared(descriptor, 0, space.pageSize, 0)
                }
                second.filter { it in 1..<registry.first.bytes().address() }.shouldNotBeEmpty()
                make(4_712).first.bytes().address() shouldBe registry.first.bytes().address()
            } finally {
                for (address in second) space.unmap(address, space.pageSize)
            }
        }

        test("a process that looks at itself as at another does not confuse those that look for its registry") {
            val first = PermanentMemory.obtain(1)
            ProcessMemory.open(ProcessHandle.current().pid()).use { own ->
                own.buffers().shouldNotBeEmpty()
                val found = RegistryMaking(space).find().shouldNotBeNull().first
                found.bytes().address() shouldBe found.get(RegistryLayout.PART_ADDRESS)
            }
            PermanentMemory.buffers().contains(first) shouldBe true
        }

        test("where the system lets nobody look, no registry is made, and nothing stays mapped") {
            val blind = object : SystemSpace by space {
                override fun peek(address: Long, bytes: Int): MemorySegment? =
                    throw ProcessRefusal("mem", ProcessRefusal.DENIED)
            }
            shouldThrow<ProcessRefusal> { RegistryMaking(blind, 4_714).findOrMake() }
            val regions = space.regions()
            val name = space.regionName(RegistryLayout.nameOf(4_714))
            (0 until regions.count).count { regions.name(it) == name } shouldBe 0
        }

        test("a candidate that its maker could not see is left to the next that looks, with its descriptor") {
            var looks = 0
            val blinded = object : SystemSpace by space {
                override fun peek(address: Long, bytes: Int): MemorySegment? =
                    if (++looks == 1) space.peek(address, bytes) else throw ProcessRefusal("mem", ProcessRefusal.DENIED)
            }
            shouldThrow<ProcessRefusal> { RegistryMaking(blinded, 4_715).findOrMake() }
            val found = make(4_715)
            found.isOpen shouldBe true
            val regions = space.regions()
            val name = space.regionName(RegistryLayout.nameOf(4_715))
            (0 until regions.count).count { regions.name(it) == name } shouldBe 1
        }

        test("a part that came too late leaves only zeros to the one that gets its memory") {
            val racing = make(4_713)
            val first = racing.first
            for (index in 0 until racing.entriesOf(first)) {
                first.set(racing.entryAt(index) + RegistryLayout.ENTRY_STATE, RegistryLayout.EntryState.CLAIMED)
            }
            var claims = 0
            val late = make(4_713) { bytes ->
                object : FileWords(bytes) {
                    override fun getAndAdd(offset: Long, more: Long): Long {
                        // The second one is for a part: another links one first.
                        if (++claims == 2) racing.makeBuffer(anywhere(space.pageSize)).shouldNotBeNull()
                        return super.getAndAdd(offset, more)
                    }
                }
            }
            late.makeBuffer(anywhere(space.pageSize)).shouldNotBeNull()
            val lost = first.get(RegistryLayout.MEMORY_END)
            val bytes = first.get(RegistryLayout.PART_BYTES)
            val place = late.makeBuffer(anywhere(bytes)).shouldNotBeNull()
            var offset = 0L
            late.forEachEntry { words, entry ->
                val isIt = words.get(entry + RegistryLayout.ENTRY_ADDRESS) == place.address
                if (isIt) offset = words.get(entry + RegistryLayout.ENTRY_OFFSET)
            }
            offset shouldBe lost
            val address = place.address
            val content = FileWords(view(address, bytes))
            (0 until bytes step Long.SIZE_BYTES.toLong()).all { content.get(it) == 0L } shouldBe true
        }
    }
}
