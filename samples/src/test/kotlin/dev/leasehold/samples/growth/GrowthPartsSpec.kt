package dev.leasehold.samples.growth

import dev.leasehold.memory.GiB
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MiB
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeBetween
import io.kotest.matchers.shouldBe
import java.lang.management.ManagementFactory

/** What the growing buffer's program is made of, piece by piece. */
class GrowthPartsSpec : FunSpec() {
    init {
        test("one page with the wrong content is found, wherever it is") {
            MemoryManager.system().allocate(10 * Pattern.PAGE + 3).use { block ->
                Pattern.write(block, 0)
                Pattern.firstDamage(block) shouldBe -1
                for (page in listOf(0L, 7L, 9L)) {
                    block.withSegment { it.setByte(page * Pattern.PAGE + 1, 0) }
                    Pattern.firstDamage(block) shouldBe page * Pattern.PAGE
                    Pattern.write(block, page * Pattern.PAGE)
                }
                block.withSegment { it.setByte(-1 + it.size, 0) }
                Pattern.firstDamage(block) shouldBe 10 * Pattern.PAGE
            }
        }

        test("a size that ends within a page keeps its content when it grows") {
            for (way in Way.entries) {
                var block = MemoryManager.system().allocate(1.MiB + 100)
                Pattern.write(block, 0)
                val before = block.size
                block = way.grow(block, 3.MiB + 5)
                Pattern.write(block, before)
                Pattern.firstDamage(block) shouldBe -1
                block.close()
            }
        }

        test("the sizes double from a mebibyte up to the top, whatever that is") {
            Room.sizes(4.MiB).shouldContainExactly(1.MiB, 2.MiB, 4.MiB)
            Room.sizes(5.MiB).shouldContainExactly(1.MiB, 2.MiB, 4.MiB, 5.MiB)
        }

        test("the top is what the machine has room for, and never below two mebibytes") {
            Room.largestTop(1.GiB, null) shouldBe 1.GiB
            Room.largestTop(1.GiB, 1680.MiB) shouldBe 1.GiB
            Room.largestTop(1.GiB, 1679.MiB) shouldBe 512.MiB
            Room.largestTop(1.GiB, 0) shouldBe 2.MiB
        }

        test("Linux tells what is resident and what is free, also when a system like it is scripted") {
            val proc = tempdir()
            proc.resolve("self").mkdir()
            proc.resolve("self/statm").writeText("5000 300 200 1 0 400 0\n")
            proc.resolve("self/smaps").writeText("55d0-55d1 r--p\nSize: 4 kB\nKernelPageSize:       16 kB\n")
            // As much as the JVM sees itself, so that this is no container.
            val total = totalMemory() / 1024
            proc.resolve("meminfo").writeText("MemTotal:  $total kB\nMemFree:  1 kB\nMemAvailable:    2048 kB\n")
            val machine = LinuxMachine(proc.toPath())
            machine.resident() shouldBe 300 * 16.KiB
            machine.free() shouldBe 2.MiB
            proc.resolve("meminfo").writeText("MemTotal:  ${total + 4} kB\nMemAvailable:    4611686018427387 kB\n")
            checkNotNull(machine.free()).shouldBeBetween(1, totalMemory())
            proc.resolve("meminfo").writeText("")
            machine.free() shouldBe null
        }

        test("elsewhere what is resident is not shown") {
            OtherMachine.resident() shouldBe null
            checkNotNull(OtherMachine.free()).shouldBeBetween(1, totalMemory())
        }

        context("sizes and times are written as people read them") {
            withData(0L to "0 B", 1536L to "1.5 KiB", 1.GiB to "1 GiB", 1025.GiB to "1025 GiB") { (bytes, text) ->
                Sizes.text(bytes) shouldBe text
            }
            withData(8_421L to "8.42 µs", 99_400L to "99.4 µs", 385_000_000L to "385 ms", 1_500_000_000L to "1.50 s") {
                Sizes.time(it.first) shouldBe it.second
            }
        }
    }

    private fun totalMemory(): Long =
        (ManagementFactory.getOperatingSystemMXBean() as com.sun.management.OperatingSystemMXBean).totalMemorySize
}
