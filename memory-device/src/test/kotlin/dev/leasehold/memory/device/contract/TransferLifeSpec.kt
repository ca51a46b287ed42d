package dev.leasehold.memory.device.contract

import dev.leasehold.memory.GuardBytesException
import dev.leasehold.memory.MemoryBusyException
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.device.DeviceException
import dev.leasehold.memory.device.DeviceLostException
import dev.leasehold.memory.device.DeviceMemoryManager
import dev.leasehold.memory.device.TransferRangeException
import dev.leasehold.memory.device.copyTo
import dev.leasehold.memory.device.copyToAsync
import dev.leasehold.memory.device.copyToSuspending
import dev.leasehold.memory.device.fill
import dev.leasehold.memory.device.internal.driver.DriverFailure
import dev.leasehold.memory.device.moveToDevice
import dev.leasehold.memory.device.support.DriverScript
import dev.leasehold.memory.device.support.TestDevices
import dev.leasehold.memory.device.toDevice
import dev.leasehold.memory.device.toHost
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.ReleaseAction
import dev.leasehold.memory.typed.UniqueBuffer
import dev.leasehold.memory.typed.allocateBuffer
import dev.leasehold.memory.typed.elements
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import java.lang.foreign.MemorySegment
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch
import java.util.concurrent.ExecutionException
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger

/** What holds the two sides of a transfer, by a driver whose transfers end when the test says so. */
class TransferLifeSpec : FunSpec() {
    private suspend fun scripted(action: suspend (DeviceMemoryManager, SystemMemoryManager, DriverScript) -> Unit) {
        val script = DriverScript()
        val gpu = DeviceMemoryManager("gpu", TestDevices.scripted(script))
        val host = SystemMemoryManager("host")
        action(gpu, host, script)
        gpu.stats().used shouldBe 0
        host.stats().used shouldBe 0
        gpu.close()
        host.close()
    }

    init {
        test("what is closed during its transfer keeps its memory until the end, on both sides") {
            scripted { gpu, host, script ->
                val source = host.allocateBuffer(ElementType.BYTE, 1000)
                val place = source.view().address
                val target = gpu.allocateBuffer(ElementType.BYTE, 1000)
                script.end = CountDownLatch(1)
                val done = source.copyToAsync(target)
                source.close()
                target.close()
                source.isClosed shouldBe true
                host.stats().used shouldBeGreaterThan 0
                gpu.stats().used shouldBeGreaterThan 0
                // Nobody else gets it: all that is allocated meanwhile is other memory.
                val others = List(100) { host.allocateBuffer(ElementType.BYTE, 1000) }
                others.none { it.view().address == place } shouldBe true
                script.end.countDown()
                done.join()
                others.forEach { it.close() }
                await("both are back") { host.stats().used == 0L && gpu.stats().used == 0L }
            }
        }

        test("a device's memory goes back to the driver only after the transfer, however it is trimmed") {
            scripted { gpu, host, script ->
                val source = host.allocateBuffer(ElementType.BYTE, 4 shl 20)
                val target = gpu.allocateBuffer(ElementType.BYTE, 4 shl 20)
                script.end = CountDownLatch(1)
                val done = source.copyToAsync(target)
                target.close()
                gpu.trim()
                shouldThrow<OutstandingBlocksException> { gpu.close() }
                script.unmapped.size shouldBe 0
                script.end.countDown()
                done.join()
                source.close()
                await("it is back") { script.unmapped.size == 1 }
            }
        }

        test("a cancelled coroutine goes on at once, and both sides are held to the end") {
            scripted { gpu, host, script ->
                val source = host.allocateBuffer(ElementType.BYTE, 1000)
                val target = gpu.allocateBuffer(ElementType.BYTE, 1000)
                script.end = CountDownLatch(1)
                coroutineScope {
                    val job = launch(Dispatchers.Default) { source.copyToSuspending(target) }
                    await("it has begun") { script.begun.get() == 1 }
                    job.cancelAndJoin()
                }
                source.close()
                target.close()
                script.end.countDown()
                await("both are back") { host.stats().used == 0L && gpu.stats().used == 0L }
            }
        }

        test("adopted memory is not closed during its transfer") {
            scripted { gpu, _, script ->
                val frees = AtomicInteger()
                val memory = MemorySegment.ofAddress(allocated(64)).reinterpret(64)
                val adopted = UniqueBuffer.adopt(ElementType.BYTE, memory, ReleaseAction { frees.incrementAndGet() })
                val target = gpu.allocateBuffer(ElementType.BYTE, 64)
                script.end = CountDownLatch(1)
                val done = adopted.copyToAsync(target)
                shouldThrow<MemoryBusyException> { adopted.close() }
                adopted.isClosed shouldBe false
                script.end.countDown()
                done.join()
                await("nothing holds it") { runCatching { adopted.close() }.isSuccess }
                frees.get() shouldBe 1
                target.close()
            }
        }

        test("a transfer that fails at its end fails its future, and lets both sides go") {
            scripted { gpu, host, script ->
                val source = host.allocateBuffer(ElementType.BYTE, 1000)
                val target = gpu.allocateBuffer(ElementType.BYTE, 1000)
                script.failure = DriverFailure("the transfer failed", "scripted", isLoss = false)
                shouldThrow<ExecutionException> { source.copyToAsync(target).get() }.cause
                    .shouldBeInstanceOf<DeviceException>().message shouldBe "the transfer failed"
                shouldThrow<DeviceException> { source.copyToSuspending(target) }
                shouldThrow<DeviceException> { source.copyTo(target) }
                script.failure = null
                source.copyTo(target)
                source.close()
                target.close()
            }
        }

        test("a transfer that cannot begin throws where it was wanted, and leaves nothing behind") {
            scripted { gpu, host, script ->
                val source = host.allocateBuffer(ElementType.BYTE, 1000)
                val target = gpu.allocateBuffer(ElementType.BYTE, 1000)
                script.refusal = DriverFailure("the device has gone", "scripted", isLoss = true)
                shouldThrow<DeviceLostException> { source.copyToAsync(target) }
                shouldThrow<DeviceLostException> { source.copyToSuspending(target) }
                shouldThrow<DeviceLostException> { source.copyTo(target) }
                shouldThrow<DeviceLostException> { target.fill(1) }
                shouldThrow<DeviceLostException> { source.toDevice(gpu) }
                shouldThrow<DeviceLostException> { target.toHost(host) }
                shouldThrow<DeviceLostException> { gpu.allocateZeroedBuffer(ElementType.BYTE, 10) }
                gpu.stats().blocks shouldBe 1
                source.close()
                target.close()
            }
        }

        test("many transfers that are closed at once, from many threads, lose nothing") {
            scripted { gpu, host, _ ->
                val failures = ConcurrentLinkedQueue<Throwable>()
                val threads = List(8) { number ->
                    Thread.ofPlatform().uncaughtExceptionHandler { _, failure -> failures += failure }.start {
                        repeat(300) { round ->
                            val source = host.allocateBuffer(ElementType.INT, 64)
                            source.elements.also {
                                it[0] = number
                                it[63] = round
                            }
                            val target = gpu.allocateBuffer(ElementType.INT, 64)
                            val back = host.allocateBuffer(ElementType.INT, 64)
                            source.copyToAsync(target)
                            source.close()
                            val done = target.copyToAsync(back)
                            target.close()
                            done.join()
                            check(back.elements[0] == number && back.elements[63] == round)
                            back.close()
                        }
                    }
                }
                threads.forEach { it.join() }
                failures.shouldBeEmpty()
                await("all is back") { host.stats().used == 0L && gpu.stats().used == 0L }
            }
        }

        test("a thread that is interrupted begins a transfer as any other does, and stays interrupted") {
            scripted { gpu, host, _ ->
                val source = host.allocateBuffer(ElementType.BYTE, 1000)
                val target = gpu.allocateBuffer(ElementType.BYTE, 1000)
                Thread.currentThread().interrupt()
                val done = source.copyToAsync(target)
                Thread.interrupted() shouldBe true
                done.join()
                source.close()
                target.close()
            }
        }

        test("what the late end of a closed buffer fails with is heard by who waits for the transfer") {
            scripted { gpu, _, script ->
                val checked = SystemMemoryManager("checked") { this.checked = true }
                val source = checked.allocateBuffer(ElementType.BYTE, 1000)
                val target = gpu.allocateBuffer(ElementType.BYTE, 1000)
                // A byte behind its end, as native code that writes too far does.
                MemorySegment.ofAddress(source.view().address + 1000).reinterpret(1).fill(1)
                script.end = CountDownLatch(1)
                val done = source.copyToAsync(target)
                source.close()
                script.end.countDown()
                shouldThrow<ExecutionException> { done.get() }.cause.shouldBeInstanceOf<GuardBytesException>()
                target.close()
                checked.close()
            }
        }

        test("a move that cannot close its source leaves it as it was, and no copy") {
            scripted { gpu, host, script ->
                val memory = MemorySegment.ofAddress(allocated(64)).reinterpret(64)
                val adopted = UniqueBuffer.adopt(ElementType.BYTE, memory, ReleaseAction.NOTHING)
                val other = DeviceMemoryManager("other", TestDevices.scriptedCuda())
                val target = gpu.allocateBuffer(ElementType.BYTE, 64)
                script.end = CountDownLatch(1)
                val done = adopted.copyToAsync(target)
                shouldThrow<MemoryBusyException> { adopted.moveToDevice(other) }
                other.stats().used shouldBe 0
                adopted.isClosed shouldBe false
                script.end.countDown()
                done.join()
                adopted.moveToDevice(other).close()
                target.close()
                other.close()
                host.stats().used shouldBe 0
            }
        }

        test("buffers that are swapped while they are copied never lead the host onto the device") {
            scripted { gpu, host, _ ->
                val one = host.allocateBuffer(ElementType.INT, 1000)
                val other = gpu.allocateBuffer(ElementType.INT, 10)
                val target = host.allocateBuffer(ElementType.INT, 1000)
                val isDone = AtomicBoolean()
                val swapper = Thread.ofPlatform().start { while (!isDone.get()) one.swap(other) }
                var copied = 0
                var refused = 0
                // Until there were both, which takes a moment when the swapper gets no processor.
                val end = System.nanoTime() + 120_000_000_000
                while (copied + refused < 20_000 || ((copied == 0 || refused == 0) && System.nanoTime() < end)) {
                    try {
                        one.copyTo(target, count = 1000)
                        copied++
                    } catch (_: TransferRangeException) {
                        refused++
                    }
                }
                isDone.set(true)
                swapper.join()
                copied shouldBeGreaterThan 0
                refused shouldBeGreaterThan 0
                listOf(one, other, target).forEach { it.close() }
            }
        }

        test("a buffer that several own is held as one that has one owner is") {
            scripted { gpu, host, script ->
                val source = host.allocateBuffer(ElementType.BYTE, 1000).share()
                val second = source.copy()
                val target = gpu.allocateBuffer(ElementType.BYTE, 1000)
                script.end = CountDownLatch(1)
                val done = source.copyToAsync(target)
                source.close()
                second.close()
                host.stats().used shouldNotBe 0L
                script.end.countDown()
                done.join()
                target.close()
                await("all is back") { host.stats().used == 0L && gpu.stats().used == 0L }
            }
        }
    }

    private fun allocated(bytes: Long): Long =
        java.lang.foreign.Arena.global().allocate(bytes, MemoryManager.system().pageSize).address()
}
