package dev.leasehold.memory.contract.platform

import com.sun.management.ThreadMXBean
import dev.leasehold.memory.MiB
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.WindowsPlatform
import dev.leasehold.memory.support.ChildJvm
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch
import io.kotest.matchers.string.shouldNotContain
import java.lang.management.ManagementFactory

class SystemCallsSpec : FunSpec() {
    private val system = System.getProperty("os.name")
    private val isWindows = system.startsWith("Windows")
    private val platform = Platform.current
    private val page = platform.pageSize

    init {
        test("a refusal names the system, the call, the range and the reason").config(enabled = !isWindows) {
            val address = platform.map(page)
            shouldThrow<IllegalStateException> { platform.unmap(address + 1, page) }.message!! shouldMatch
                refused("munmap", address + 1)
            shouldThrow<IllegalStateException> { platform.discard(address + 1, page) }.message!! shouldMatch
                refused("madvise", address + 1)
            platform.unmap(address, page)
        }

        test("a function that the system lacks is refused when it is called").config(enabled = !isWindows) {
            val windows = WindowsPlatform()
            shouldThrow<UnsupportedOperationException> { windows.map(page) }.message shouldBe
                "$system has no function VirtualAlloc, which is needed to map memory"
            shouldThrow<UnsupportedOperationException> { windows.unmap(page, page) }.message shouldBe
                "$system has no function VirtualFree, which is needed to unmap memory"
            shouldThrow<UnsupportedOperationException> { windows.discard(page, page) }.message shouldBe
                "$system has no function DiscardVirtualMemory, which is needed to discard pages"
            windows.remap(page, page, 2 * page, mayMove = true) shouldBe 0
        }

        test("the calls of another system are never linked, and rare calls not before they are made")
            .config(enabled = !isWindows) {
                val result = ChildJvm.run(GiveBackMain::class, listOf(ChildJvm.NATIVE_ACCESS, "-Xlog:class+init"))
                result.exitCode shouldBe 0
                result.output shouldContain "Initializing '$FOLDER/PosixCalls'"
                result.output shouldNotContain "Initializing '$FOLDER/PosixCalls$"
                result.output shouldNotContain "Initializing '$FOLDER/WindowsCalls'"
            }

        test("a compiled call makes no garbage").config(enabled = platform.discards) {
            val address = platform.map(1.MiB)
            // How soon they are compiled is up to the JVM.
            await("$CALLS calls that allocate nothing") {
                allocated { repeat(CALLS) { platform.discard(address, page) } } < CALLS
            }
            platform.unmap(address, 1.MiB)
        }
    }

    private fun refused(call: String, address: Long) =
        Regex("(Linux|macOS): $call refused $page bytes at 0x${address.toString(16)}: errno $EINVAL")

    private inline fun allocated(action: () -> Unit): Long {
        val threads = ManagementFactory.getThreadMXBean() as ThreadMXBean
        val before = threads.currentThreadAllocatedBytes
        action()
        return threads.currentThreadAllocatedBytes - before
    }

    private companion object {
        const val FOLDER = "dev/leasehold/memory/internal/platform"
        const val CALLS = 1000

        /** Of Linux and macOS. */
        const val EINVAL = 22
    }
}

/** Maps memory, and gives it back in both ways. */
internal object GiveBackMain {
    @JvmStatic
    fun main(args: Array<String>) {
        val platform = Platform.current
        val address = platform.map(platform.pageSize)
        platform.discard(address, platform.pageSize)
        platform.unmap(address, platform.pageSize)
    }
}
