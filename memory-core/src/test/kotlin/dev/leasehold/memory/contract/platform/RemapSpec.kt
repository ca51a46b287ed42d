package dev.leasehold.memory.contract.platform

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MiB
import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.PortablePlatform
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.internal.store.LargeBlocks
import dev.leasehold.memory.support.ScriptedPlatform
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import java.lang.foreign.ValueLayout.JAVA_LONG

class RemapSpec : FunSpec({
    val platform = Platform.current
    val page = platform.pageSize

    fun mark(address: Long, bytes: Long) {
        val view = platform.view(address, bytes, null)
        for (at in 0 until bytes step page) view.set(JAVA_LONG, at, at xor 0x5eed)
    }

    fun marked(address: Long, bytes: Long): Boolean {
        val view = platform.view(address, bytes, null)
        return (0 until bytes step page).all { view.get(JAVA_LONG, it) == it xor 0x5eed }
    }

    fun zero(address: Long, bytes: Long) =
        (0 until bytes step page).all { platform.view(address, bytes, null).get(JAVA_LONG, it) == 0L }

    test("Linux remaps, and what cannot says so") {
        platform.remaps shouldBe System.getProperty("os.name").startsWith("Linux")
        PortablePlatform().remaps shouldBe false
        PortablePlatform().discards shouldBe false
        PortablePlatform().remap(4096, 4096, 8192, true) shouldBe 0
    }

    test("a mapping that may move grows with its content, and the new part is zero").config(enabled = platform.remaps) {
        var address = platform.map(1.MiB)
        mark(address, 1.MiB)
        var bytes = 1.MiB
        while (bytes < 64.MiB) {
            address = platform.remap(address, bytes, 2 * bytes, mayMove = true)
            address shouldNotBe 0
            marked(address, 1.MiB) shouldBe true
            zero(address + bytes, bytes) shouldBe true
            bytes *= 2
        }
        platform.unmap(address, bytes)
    }

    test("what lies behind a mapping stops it from growing where it is, and a refusal leaves all as it was")
        .config(enabled = platform.remaps) {
            val whole = platform.map(3.MiB)
            mark(whole, 3.MiB)
            // The middle third cannot grow into the last.
            platform.remap(whole + 1.MiB, 1.MiB, 2.MiB, mayMove = false) shouldBe 0
            marked(whole, 3.MiB) shouldBe true
            platform.remap(whole, 3.MiB, 1L shl 60, mayMove = true) shouldBe 0
            marked(whole, 3.MiB) shouldBe true
            platform.unmap(whole + 2.MiB, 1.MiB)
            // Another thread of this process may map there: then it is refused, and nothing has changed.
            val grown = platform.remap(whole, 2.MiB, 2.MiB + 64.KiB, mayMove = false)
            if (grown != 0L) grown shouldBe whole
            marked(whole, 2.MiB) shouldBe true
            platform.unmap(whole, if (grown == 0L) 2.MiB else 2.MiB + 64.KiB)
        }

    test("a mapping shrinks where it is, and keeps its begin").config(enabled = platform.remaps) {
        val address = platform.map(8.MiB)
        mark(address, 8.MiB)
        platform.remap(address, 8.MiB, 3.MiB, mayMove = false) shouldBe address
        marked(address, 3.MiB) shouldBe true
        platform.unmap(address, 3.MiB)
    }

    test("a large block is paid for before it grows, and not when it does not").config(enabled = platform.remaps) {
        val scripted = ScriptedPlatform()
        val leaf = BudgetLeaf("store", 10.MiB, null)
        val large = LargeBlocks(scripted, leaf)
        val block = large.take(2.MiB)!!
        mark(block.address, 2.MiB)
        large.resize(block, 11.MiB, mayMove = true) shouldBe null
        scripted.refuseRemap = true
        large.resize(block, 4.MiB, mayMove = true) shouldBe null
        large.resize(block, 1.MiB, mayMove = true) shouldBe null
        scripted.refuseRemap = false
        leaf.reserved shouldBe 2.MiB
        scripted.lentBytes shouldBe 2.MiB
        marked(block.address, 2.MiB) shouldBe true
        val grown = large.resize(block, 10.MiB - 1, mayMove = true)!!
        leaf.reserved shouldBe 10.MiB
        marked(grown.address, 2.MiB) shouldBe true
        val shrunk = large.resize(grown, 1.MiB + 1, mayMove = false)!!
        shrunk.address shouldBe grown.address
        shrunk.bytes shouldBe 1.MiB + page
        large.resize(shrunk, 1.MiB + 2, mayMove = false) shouldBe shrunk
        leaf.reserved shouldBe scripted.lentBytes
        large.giveBack(shrunk)
        large.trim() shouldBe 1.MiB + page
        leaf.reserved shouldBe 0
        scripted.lentBytes shouldBe 0
    }

    test("a large block does not grow on a system without a remap") {
        val leaf = BudgetLeaf("store", 10.MiB, null)
        val large = LargeBlocks(PortablePlatform(), leaf)
        val block = large.take(2.MiB)!!
        large.resize(block, 4.MiB, mayMove = true) shouldBe null
        large.resize(block, 1.MiB, mayMove = true) shouldBe null
        leaf.reserved shouldBe 2.MiB
        large.giveBack(block)
        large.trim() shouldBe 2.MiB
    }
})
