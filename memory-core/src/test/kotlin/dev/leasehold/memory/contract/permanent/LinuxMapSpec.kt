package dev.leasehold.memory.contract.permanent

import dev.leasehold.memory.internal.platform.LinuxMap
import dev.leasehold.memory.internal.platform.Regions
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

/** What is made of the text of a process's map. */
class LinuxMapSpec : FunSpec() {
    private fun parse(vararg lines: String): Regions =
        LinuxMap.parse(lines.joinToString("\n", postfix = "\n").toByteArray())

    private fun Regions.show(): List<String> = List(count) {
        "%x-%x %s %x %s".format(first(it), last(it), permissions(it), offset(it), name(it)).trim()
    }

    init {
        test("a line of a 64-bit process") {
            parse("7f12a000-7f12c000 r-xp 00001000 08:02 173521                     /usr/lib/libc.so.6").show() shouldBe
                listOf("7f12a000-7f12bfff r-xp 1000 /usr/lib/libc.so.6")
        }

        test("a line of a 32-bit process") {
            parse("08048000-08056000 r-xp 00000000 03:0c 64593   /usr/sbin/gpm").show() shouldBe
                listOf("8048000-8055fff r-xp 0 /usr/sbin/gpm")
        }

        test("a region without a name") {
            parse("7f12a000-7f12c000 rw-p 00000000 00:00 0 ").show() shouldBe listOf("7f12a000-7f12bfff rw-p 0")
            parse("7f12a000-7f12c000 rw-p 00000000 00:00 0").show() shouldBe listOf("7f12a000-7f12bfff rw-p 0")
        }

        test("a name may have spaces, and an end in brackets") {
            parse("7f12a000-7f12c000 rw-s 00000000 00:01 1029   /memfd:my memory (deleted)").show() shouldBe
                listOf("7f12a000-7f12bfff rw-s 0 /memfd:my memory (deleted)")
        }

        test("the vsyscall page lies where a Long is negative, behind all others") {
            val regions = parse(
                "7ffd2000-7ffd4000 rw-p 00000000 00:00 0                          [stack]",
                "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0          [vsyscall]",
            )
            regions.show().last() shouldBe "ffffffffff600000-ffffffffff600fff --xp 0 [vsyscall]"
            regions.indexAt(Long.MAX_VALUE) shouldBe 1
            regions.indexAt(-1) shouldBe 2
            regions.indexAt(0) shouldBe 0
        }

        test("a region may end with the last of all addresses") {
            val regions = parse("fffffffffffff000-ffffffffffffffff ---p 00000000 00:00 0")
            regions.last(0) shouldBe -2
        }

        test("lines that are none of a region are passed over") {
            parse(
                "",
                "Address Kbytes Mode",
                "-1000 rw-p",
                "1000- rw-p 0 0 0",
                "1000-zzz rw-p 0 0 0",
                "2000-1000 rw-p 00000000 00:00 0 backwards",
                "1000-1000 rw-p 00000000 00:00 0 empty",
                "3000-4000 r--p 00000000 00:00 0 whole",
                "5000",
            ).show() shouldBe listOf("3000-3fff r--p 0 whole")
        }

        test("a text that ends in the middle of a line, or is empty") {
            LinuxMap.parse("1000-2000 r--p 00000000 00:00 0 a\n3000-40".toByteArray()).show() shouldBe
                listOf("1000-1fff r--p 0 a")
            LinuxMap.parse(ByteArray(0)).count shouldBe 0
            LinuxMap.parse("1000-2000".toByteArray()).show() shouldBe listOf("1000-1fff  0")
        }

        test("thousands of regions") {
            val lines = List(5_000) { "%x-%x rw-p 00000000 00:00 0 n%d".format(it * 0x2000, it * 0x2000 + 0x1000, it) }
            val regions = parse(*lines.toTypedArray())
            regions.count shouldBe 5_000
            regions.name(4_999) shouldBe "n4999"
            regions.indexAt(4_000 * 0x2000L + 0x1000) shouldBe 4_001
        }
    }
}
