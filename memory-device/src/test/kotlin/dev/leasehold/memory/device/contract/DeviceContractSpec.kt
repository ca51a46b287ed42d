package dev.leasehold.memory.device.contract

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.HostAccessException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.ManagerClosedException
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.device.Device
import dev.leasehold.memory.device.DeviceMemoryManager
import dev.leasehold.memory.device.TransferRangeException
import dev.leasehold.memory.device.copyTo
import dev.leasehold.memory.device.copyToAsync
import dev.leasehold.memory.device.copyToSuspending
import dev.leasehold.memory.device.fill
import dev.leasehold.memory.device.moveToDevice
import dev.leasehold.memory.device.moveToHost
import dev.leasehold.memory.device.support.TestDevices
import dev.leasehold.memory.device.toDevice
import dev.leasehold.memory.device.toHost
import dev.leasehold.memory.diagnostics.MemorySnapshot
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.MemoryLocation
import dev.leasehold.memory.typed.ReleaseAction
import dev.leasehold.memory.typed.TypedBuffer
import dev.leasehold.memory.typed.TypedMemoryClosedException
import dev.leasehold.memory.typed.UniqueBuffer
import dev.leasehold.memory.typed.allocateBuffer
import dev.leasehold.memory.typed.elements
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.core.test.EnabledOrReasonIf
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.lang.foreign.Arena
import java.lang.foreign.ValueLayout

/** What holds of every device, over all that can be had here. */
class DeviceContractSpec : FunSpec() {
    private class Fixture(val name: String, val enabled: EnabledOrReasonIf, val device: () -> Device)

    private val fixtures = listOf(
        Fixture("OpenCL", TestDevices.whereOpenClIs) { TestDevices.openCl!! },
        Fixture("scripted CUDA", { Enabled.enabled }) { TestDevices.scriptedCuda() },
    )

    private fun onEach(name: String, action: suspend (DeviceMemoryManager) -> Unit) {
        for (fixture in fixtures) {
            test("$name: ${fixture.name}").config(enabledOrReasonIf = fixture.enabled) {
                val app = MemoryBudget("device contract")
                val manager = DeviceMemoryManager("gpu", fixture.device()) { budget = app }
                action(manager)
                manager.stats().used shouldBe 0
                manager.close()
                app.used shouldBe 0
                app.close()
            }
        }
    }

    init {
        onEach("what is written to a device comes back as it was, at sizes from one byte to megabytes") { manager ->
            for (count in longArrayOf(1, 3, 64, 1000, 4096, 65_537, 1 shl 20, (3 shl 20) + 5)) {
                MemoryManager.system().allocateBuffer(ElementType.BYTE, count).use { host ->
                    for (at in 0 until count) host.elements[at] = (at * 31 + count).toByte()
                    host.toDevice(manager).use { device ->
                        device.location shouldBe MemoryLocation.Device(manager.device.index)
                        device.byteSize shouldBe count
                        device.toHost().use { back -> shouldBeEqual(back, host) }
                    }
                }
            }
        }

        onEach("the host cannot read a device's memory, and is shown the way") { manager ->
            manager.allocateBuffer(ElementType.INT, 1024).use { buffer ->
                val refusal = shouldThrow<HostAccessException> { buffer.view() }
                refusal.message shouldBe
                    "4,096 bytes from manager 'gpu' lie on device ${manager.device.index}, and the host cannot read " +
                    "them there: copy them by toHost(), or by copyTo() into a buffer of the host's memory"
                refusal.ownerName shouldBe "gpu"
                refusal.size shouldBe 4096
                shouldThrow<HostAccessException> { buffer.elements }
                buffer.share().use { shouldThrow<HostAccessException> { it.asMemorySegment() } }
            }
        }

        onEach("locations say what each side can do") { manager ->
            val device = manager.allocateBuffer(ElementType.INT, 1)
            with(device.location) {
                listOf(isHostReadable, isDeviceReadable, needsTransfer) shouldBe listOf(false, true, true)
                toString() shouldBe "Device ${manager.device.index}"
            }
            val pinned = manager.pinned.allocateBuffer(ElementType.INT, 1)
            with(pinned.location) {
                this shouldBe MemoryLocation.HostPinned
                listOf(isHostReadable, isDeviceReadable, needsTransfer) shouldBe listOf(true, false, true)
            }
            with(MemoryLocation.Unified) {
                listOf(isHostReadable, isDeviceReadable, needsTransfer) shouldBe listOf(true, true, false)
            }
            device.toString() shouldBe "UniqueBuffer(1 element, 4 bytes, Device ${manager.device.index})"
            val released = device.release()
            released.location shouldBe MemoryLocation.Device(manager.device.index)
            released.free()
            pinned.close()
        }

        onEach("ranges travel alone, in both directions and inside of the device") { manager ->
            val host = MemoryManager.system().allocateBuffer(ElementType.INT, 1000)
            for (at in 0L until 1000) host.elements[at] = at.toInt()
            val one = manager.allocateZeroedBuffer(ElementType.INT, 1000)
            val other = manager.allocateZeroedBuffer(ElementType.INT, 500)
            host.copyTo(one, from = 100, to = 200, count = 300)
            one.copyTo(other, from = 250, to = 50, count = 100)
            val back = other.toHost()
            for (at in 0L until 500) {
                back.elements[at] shouldBe if (at in 50 until 150) (at - 50 + 250 - 200 + 100).toInt() else 0
            }
            listOf(host, one, other, back).forEach { it.close() }
        }

        onEach("memory is filled wherever it lies") { manager ->
            manager.allocateBuffer(ElementType.BYTE, 100).use { device ->
                device.fill(7)
                device.fill(9, from = 10, count = 5)
                device.fill(1, from = 100)
                device.toHost().use { back ->
                    for (at in 0L until 100) back.elements[at] shouldBe if (at in 10 until 15) 9 else 7
                    back.fill(3, from = 99)
                    back.elements[99] shouldBe 3
                    back.elements[98] shouldBe 7
                }
            }
        }

        onEach("zeroed buffers are zero after others have used the memory") { manager ->
            repeat(20) {
                manager.allocateBuffer(ElementType.LONG, 100).use { it.fill(-1) }
                manager.allocateZeroedBuffer(ElementType.LONG, 100).use { device ->
                    device.toHost().use { back -> for (at in 0L until 100) back.elements[at] shouldBe 0L }
                }
            }
        }

        onEach("what is begun ends, as a future and in a coroutine") { manager ->
            val host = manager.pinned.allocateBuffer(ElementType.LONG, 5000)
            for (at in 0L until 5000) host.elements[at] = at * at
            val device = manager.allocateBuffer(ElementType.LONG, 5000)
            val back = manager.pinned.allocateBuffer(ElementType.LONG, 5000)
            host.copyToAsync(device).join()
            device.copyToSuspending(back)
            shouldBeEqual(back, host)
            // Neither is anything on its way.
            host.copyToAsync(back, count = 0).join()
            host.copyToAsync(back).join()
            listOf(host, device, back).forEach { it.close() }
        }

        onEach("between two devices bytes go by way of the host") { manager ->
            val other = DeviceMemoryManager("other", TestDevices.scriptedCuda())
            val host = MemoryManager.system().allocateBuffer(ElementType.BYTE, (9 shl 20) + 7)
            for (at in 0L until host.count) host.elements[at] = (at * 7).toByte()
            val here = host.toDevice(manager)
            val there = here.toDevice(other)
            there.toHost().use { shouldBeEqual(it, host) }
            there.fill(0)
            here.copyToAsync(there).join()
            there.toHost().use { shouldBeEqual(it, host) }
            listOf(host, here, there).forEach { it.close() }
            other.close()
        }

        onEach("ranges that do not fit are refused before anything moves") { manager ->
            val host = MemoryManager.system().allocateBuffer(ElementType.INT, 10)
            val device = manager.allocateZeroedBuffer(ElementType.INT, 10)
            shouldThrow<TransferRangeException> { host.copyTo(device, from = 5, count = 6) }.message shouldBe
                "6 elements from 5 on are not inside of the source UniqueBuffer(10 elements, 40 bytes, Host): take a " +
                "range from 0 to 10"
            shouldThrow<TransferRangeException> { host.copyTo(device, to = 1) }
            shouldThrow<TransferRangeException> { host.copyTo(device, from = -1) }
            shouldThrow<TransferRangeException> { host.copyTo(device, from = 2, count = Long.MAX_VALUE) }
            shouldThrow<TransferRangeException> { device.fill(1, from = 11) }
            shouldThrow<TransferRangeException> { device.copyTo(device, to = 1, count = 9) }.message shouldContain
                "overlap, which a device does not copy in order"
            device.copyTo(device, to = 5, count = 5)
            Arena.ofConfined().use { arena ->
                val memory = arena.allocate(ValueLayout.JAVA_INT, 10).asReadOnly()
                val readOnly = UniqueBuffer.adopt(ElementType.INT, memory, ReleaseAction.NOTHING)
                shouldThrow<dev.leasehold.memory.ReadOnlySegmentException> { device.copyTo(readOnly) }
                shouldThrow<dev.leasehold.memory.ReadOnlySegmentException> { readOnly.fill(1) }
                readOnly.copyTo(device)
                readOnly.close()
            }
            listOf(host, device).forEach { it.close() }
        }

        onEach("closed buffers are refused on both sides") { manager ->
            val host = MemoryManager.system().allocateBuffer(ElementType.INT, 10)
            val device = manager.allocateBuffer(ElementType.INT, 10)
            device.close()
            shouldThrow<TypedMemoryClosedException> { host.copyTo(device) }.message shouldBe
                "UniqueBuffer of 10 elements (40 bytes) from manager 'gpu' was transferred after it had been closed: " +
                "use a buffer only until it is closed"
            shouldThrow<TypedMemoryClosedException> { device.copyTo(host) }
            shouldThrow<TypedMemoryClosedException> { device.fill(1) }
            shouldThrow<TypedMemoryClosedException> { device.toHost() }
            host.close()
            shouldThrow<TypedMemoryClosedException> { host.toDevice(manager) }
        }

        onEach("memory with an arena of its own travels while that lives, and is refused after") { manager ->
            val device = manager.allocateZeroedBuffer(ElementType.INT, 4)
            val arena = Arena.ofConfined()
            val memory = arena.allocateFrom(ValueLayout.JAVA_INT, 1, 2, 3, 4)
            val adopted = UniqueBuffer.adopt(ElementType.INT, memory, ReleaseAction.NOTHING)
            adopted.copyTo(device)
            adopted.copyToAsync(device).join()
            device.toHost().use { it.elements[3] shouldBe 4 }
            arena.close()
            shouldThrow<TypedMemoryClosedException> { adopted.copyTo(device) }
            device.close()
        }

        onEach("ownership moves without a copy where that can be, and with one elsewhere") { manager ->
            val host = MemoryManager.system().allocateBuffer(ElementType.INT, 10)
            host.elements[5] = 55
            val same = host.moveToHost()
            host.isClosed shouldBe true
            val device = same.moveToDevice(manager)
            same.isClosed shouldBe true
            val stays = device.moveToDevice(manager)
            val back = stays.moveToHost()
            stays.isClosed shouldBe true
            back.elements[5] shouldBe 55
            back.close()
            if (!manager.device.sharesMemory) {
                shouldThrow<UnsupportedOperationException> { manager.unified }
                return@onEach
            }
            val shared = manager.unified.allocateBuffer(ElementType.INT, 10)
            shared.location shouldBe MemoryLocation.Unified
            shared.elements[1] = 11
            val place = shared.view().asMemorySegment().address()
            val moved = shared.moveToDevice(manager).moveToHost()
            moved.view().asMemorySegment().address() shouldBe place
            moved.elements[1] shouldBe 11
            moved.close()
        }

        onEach("all three kinds of memory count in one budget, and stand in its snapshot") { manager ->
            val budget = manager.budget
            val device = manager.allocateBuffer(ElementType.BYTE, 1 shl 20)
            val pinned = manager.pinned.allocateBuffer(ElementType.BYTE, 1 shl 20)
            budget.used shouldBeGreaterThanOrEqual (2L shl 20)
            manager.stats().used shouldBe (1L shl 20)
            val names = MemorySnapshot.take(budget).managers.map { it.name }
            names shouldContainExactlyInAnyOrder listOf("gpu", "gpu pinned")
            listOf(device, pinned).forEach { it.close() }
            manager.trim() shouldBeGreaterThanOrEqual (2L shl 20)
            budget.used shouldBe 0
        }

        onEach("a limit, a budget and a wrong size are refused with their figures") { manager ->
            shouldThrow<InvalidSizeException> { manager.allocateBuffer(ElementType.INT, -1) }
            manager.limit = 8L shl 20
            manager.allocateBuffer(ElementType.BYTE, 6 shl 20).use {
                shouldThrow<MemoryExhaustedException> { manager.allocateBuffer(ElementType.BYTE, 4 shl 20) }
                    .message shouldContain "manager 'gpu'"
            }
            manager.limit = Long.MAX_VALUE
            manager.budget.limit = 1L shl 20
            shouldThrow<BudgetExceededException> { manager.allocateBuffer(ElementType.BYTE, 2 shl 20) }
            manager.budget.limit = Long.MAX_VALUE
        }

        onEach("buffers stay good when their manager is closed, which refuses new ones") { manager ->
            val other = DeviceMemoryManager("short", manager.device)
            val buffer = other.allocateZeroedBuffer(ElementType.INT, 10)
            val pinned = other.pinned.allocateBuffer(ElementType.INT, 10)
            shouldThrow<OutstandingBlocksException> { other.close() }.suppressed.size shouldBe 1
            other.close()
            pinned.close()
            other.isClosed shouldBe true
            shouldThrow<ManagerClosedException> { other.allocateBuffer(ElementType.INT, 1) }
            shouldThrow<ManagerClosedException> { other.pinned }
            buffer.toHost().use { it.elements[9] shouldBe 0 }
            buffer.close()
            other.stats().used shouldBe 0
        }

        onEach("what is still open is named with the line that took it") { manager ->
            val traced = DeviceMemoryManager("traced", manager.device) { traceSites = true }
            val buffer = traced.allocateBuffer(ElementType.INT, 10)
            shouldThrow<OutstandingBlocksException> { traced.close() }.message shouldContain "DeviceContractSpec.kt:"
            buffer.close()
        }

        onEach("a device has one manager of the process, which nobody closes") { manager ->
            val device = manager.device
            device.memory shouldBeSameInstanceAs device.memory
            shouldThrow<UnsupportedOperationException> { device.memory.close() }.message shouldBe
                "the process's own manager of $device cannot be closed"
            MemoryManager.system().allocateBuffer(ElementType.INT, 3).use { host ->
                host.fill(5)
                host.toDevice(device).use { it.toHost().use { back -> shouldBeEqual(back, host) } }
            }
            device.memory.trim()
        }

        onEach("nothing is taken back that a device may be using") { manager ->
            shouldThrow<UnsupportedOperationException> { manager.pinned.clear() }.message shouldBe
                "manager 'gpu pinned' takes no blocks back that are in use: a device may be using them; close them " +
                "one by one"
        }

        onEach("options are read once, for all three kinds of memory") { manager ->
            var times = 0
            val other = DeviceMemoryManager("once", manager.device) { times++ }
            other.pinned.allocateBuffer(ElementType.INT, 1).close()
            times shouldBe 1
            other.close()
        }

        onEach("guard bytes, which the host would have to read, are refused") { manager ->
            shouldThrow<MemoryConfigurationException> {
                DeviceMemoryManager("checked", manager.device) { checked = true }
            }.message shouldBe "manager 'checked' cannot be checked: the host cannot read guard bytes on a device"
        }

        onEach("a buffer without an element is one too") { manager ->
            manager.allocateZeroedBuffer(ElementType.LONG, 0).use { device ->
                device.toHost().use { it.count shouldBe 0 }
            }
        }
    }

    private fun <E> shouldBeEqual(one: TypedBuffer<E>, other: TypedBuffer<E>) {
        one.view().asMemorySegment().mismatch(other.view().asMemorySegment()) shouldBe -1
    }
}
