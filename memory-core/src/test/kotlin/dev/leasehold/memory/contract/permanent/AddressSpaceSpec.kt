package dev.leasehold.memory.contract.permanent

import dev.leasehold.memory.GiB
import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.internal.permanent.Placement
import dev.leasehold.memory.internal.platform.LimitedSpace
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.PortablePlatform
import dev.leasehold.memory.internal.platform.Regions
import dev.leasehold.memory.internal.platform.SystemSpace
import dev.leasehold.memory.permanent.AddressRange
import dev.leasehold.memory.permanent.AddressRangeExhaustedException
import dev.leasehold.memory.permanent.AddressSpace
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.testing.awaitNativeRead
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldEndWith
import io.kotest.matchers.string.shouldMatch
import java.lang.Long.compareUnsigned
import java.lang.foreign.Linker
import java.nio.ByteBuffer
import java.nio.channels.Pipe

class AddressSpaceSpec : FunSpec() {
    private val whole = AddressRange.between(0x1000_0000_0000, 0x3000_0000_0000)

    init {
        context("regions") {
            test("are listed in the order of their addresses, and none lies over another") {
                val regions = AddressSpace.regions()
                regions.size shouldBeGreaterThan 50
                regions.zipWithNext().all { (a, b) -> compareUnsigned(a.range.last, b.range.first) < 0 } shouldBe true
            }

            test("a loaded library and the stack are among them, by name") {
                val malloc = Linker.nativeLinker().defaultLookup().find("malloc").get().address()
                val library = AddressSpace.regions().find { malloc in it.range }.shouldNotBeNull()
                library.name shouldMatch Regex(".*/(libc|ld-musl).*")
                library.permissions shouldBe "r-xp"
                library.toString() shouldEndWith library.name
                AddressSpace.regions().any { it.name == "[stack]" } shouldBe true
            }

            test("the quick query finds the same as the map of the process") {
                val space = Platform.current.space
                val around = AddressSpace.allocatePrivate(64.KiB, whole)
                around.use {
                    val first = around.address - 1.MiB
                    val last = around.address + 1.MiB
                    // It is linked when it is asked for often; a system may have none.
                    val quick = (0..200).firstNotNullOfOrNull { space.regionsWithin(first, last) } ?: return@test
                    val all = space.regions()
                    val expected = (0 until all.count).filter {
                        compareUnsigned(all.last(it), first) >= 0 && compareUnsigned(all.first(it), last) <= 0
                    }
                    List(quick.count) { quick.first(it) to quick.last(it) } shouldBe
                        expected.map { all.first(it) to all.last(it) }
                }
            }
        }

        context("a location") {
            test("is in the range, at the alignment, and free") {
                val at = AddressSpace.findLocation(1.MiB, whole, 2.MiB)
                (at in whole) shouldBe true
                at % 2.MiB shouldBe 0
                AddressSpace.regions().none { at in it.range } shouldBe true
            }

            test("is where memory is then allocated") {
                val at = AddressSpace.findLocation(1.MiB, whole)
                AddressSpace.allocatePrivate(1.MiB, whole).use { it.address shouldBe at }
            }

            test("that does not exist is null, or refused with what is in the way") {
                AddressSpace.tryFindLocation(1, AddressRange.between(0, 0xffff)).shouldBeNull()
                shouldThrow<AddressRangeExhaustedException> {
                    AddressSpace.findLocation(1, AddressRange.between(0, 0xffff))
                }.message shouldMatch Regex(
                    "permanent memory: no room for 1 byte in 0x0\\.\\.0xffff: memory is given from " +
                        "0x10000 to 0x[0-9a-f]+ only; widen the range or request less",
                )
            }

            test("of no bytes, or at an alignment that is none, is refused") {
                shouldThrow<InvalidSizeException> { AddressSpace.findLocation(0) }.message shouldBe
                    "permanent memory: a size must be positive, and was 0 bytes"
                shouldThrow<InvalidSizeException> { AddressSpace.findLocation(-1) }
                shouldThrow<InvalidAlignmentException> { AddressSpace.findLocation(1, whole, 3) }
            }
        }

        context("private memory") {
            test("is zero, exact, where it was wanted, and gone when it is closed") {
                val before = PermanentMemory.budget.used
                val memory = AddressSpace.allocatePrivate(10_000, AddressRange.LOW_4_GIB)
                (memory.address in AddressRange.LOW_4_GIB) shouldBe true
                memory.size shouldBe 10_000
                memory.segment.size shouldBe 10_000
                memory.segment.getLong(0) shouldBe 0
                memory.segment.setLong(9_992, 1)
                PermanentMemory.budget.used shouldBe before + 12_288
                val segment = memory.segment
                memory.close()
                memory.close()
                shouldThrow<ViewClosedException> { segment.getLong(0) }
                PermanentMemory.budget.used shouldBe before
                AddressSpace.regions().none { memory.address in it.range } shouldBe true
            }

            test("that a native call uses is not closed, and can be closed later") {
                val memory = AddressSpace.allocatePrivate(4096, whole)
                val pipe = Pipe.open()
                val bytes = memory.asMemorySegment().asSlice(0, 8).asByteBuffer()
                val reading = Thread.ofPlatform().daemon().start { pipe.source().read(bytes) }
                awaitNativeRead(reading)
                shouldThrow<MemoryBusyException> { memory.close() }.message shouldMatch Regex(
                    "4,096 bytes at 0x[0-9a-f]+ are in use by a native call or an input/output operation: close them " +
                        "when that has ended",
                )
                pipe.sink().write(ByteBuffer.wrap(ByteArray(8)))
                reading.join()
                memory.segment.getByte(0)
                memory.close()
            }

            test("is never on page 0, nor where anything else is") {
                val malloc = Linker.nativeLinker().defaultLookup().find("malloc").get().address() and -4096L
                shouldThrow<AddressRangeExhaustedException> {
                    AddressSpace.allocatePrivate(4096, AddressRange.between(malloc, malloc + 4095))
                }.message shouldMatch Regex(
                    "permanent memory: no room for 4,096 bytes in 0x[0-9a-f]+\\.\\.0x[0-9a-f]+: " +
                        "nothing there is free: .*(libc|musl).* \\(0x[0-9a-f]+\\.\\.0x[0-9a-f]+\\); widen the range or request less",
                )
                shouldThrow<AddressRangeExhaustedException> {
                    AddressSpace.allocatePrivate(1, AddressRange.between(0, 4095))
                }
            }

            test("is aligned above a page") {
                AddressSpace.allocatePrivate(1, whole, 1.GiB).use { it.address % 1.GiB shouldBe 0 }
            }
        }

        context("placing") {
            test("what was free and is taken by others meanwhile is tried once, and then the map is read again") {
                val space = object : SystemSpace by Platform.current.space {
                    var reads = 0

                    override fun regions(): Regions = Platform.current.space.regions().also { reads++ }

                    override fun regionsWithin(first: Long, last: Long): Regions? = null
                }
                val placement = Placement(space, whole.first, whole.last, 4096, 1)
                val tried = ArrayList<Long>()
                placement.place { address ->
                    tried += address
                    0
                } shouldBe 0
                tried.shouldNotBeEmpty()
                tried.size shouldBe placement.refused
                tried.toSet().size * 2 shouldBe tried.size
                space.reads shouldBe 2
                placement.lastRefused shouldBe tried.last()
            }

            test("what lies nearest to the middle of the window is tried first") {
                val middle = AddressSpace.allocatePrivate(1.MiB, whole)
                middle.use {
                    val around = AddressRange.around(middle.address, 1.GiB)
                    val at = AddressSpace.findLocation(4096, around)
                    (at in AddressRange.around(middle.address, 2.MiB)) shouldBe true
                }
            }

            test("a place that the system refuses is an exception that says so") {
                val taken = AddressSpace.allocatePrivate(4096, whole)
                taken.use {
                    Platform.current.space.place(taken.address, 4096) shouldBe 0
                    Platform.current.space.refusalAt(taken.address, 4096) shouldBe 17
                }
            }
        }

        context("a system that this library does not know") {
            val limited = LimitedSpace(PortablePlatform())

            test("gives memory at any address, and says what it lacks") {
                val address = limited.place(0, 4096)
                (address != 0L) shouldBe true
                limited.unmap(address, 4096)
                shouldThrow<UnsupportedOperationException> { limited.place(0x1000, 4096) }.message shouldBe
                    "the portable platform: this library cannot map memory at a wanted address there. " +
                    "PermanentMemory.obtainPrivate at any address works"
                shouldThrow<UnsupportedOperationException> { limited.regions() }
                shouldThrow<UnsupportedOperationException> { limited.createShared("x") }
                shouldThrow<UnsupportedOperationException> { limited.openProcess(1) }
            }

            test("a buffer at any address is placed without a look at the map") {
                val placement = Placement(limited, 0, -1, 100, 1)
                val address = placement.place { limited.place(it, placement.bytes) }
                (address != 0L) shouldBe true
                limited.unmap(address, placement.bytes)
            }
        }
    }
}
