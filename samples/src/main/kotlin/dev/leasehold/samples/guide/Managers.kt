package dev.leasehold.samples.guide

import dev.leasehold.memory.Block
import dev.leasehold.memory.BlockClosedException
import dev.leasehold.memory.GuardBytesException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingBlocksException
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.getUtf8
import dev.leasehold.memory.setUtf8
import dev.leasehold.memory.typed.asInts

/** The guide's snippets on managers and blocks. What stands between a region's comments is what docs/guide.md shows. */
internal object Managers {
    fun own(): Long {
        // region managers
        val index = SystemMemoryManager("index") { limit = 64.MiB }
        val block = index.allocate(1024) // holds one reference, and it is yours
        block.withSegment { bytes -> bytes.setLong(0, 42) }
        val answer = block.withSegment { bytes -> bytes.getLong(0) }
        block.close() // the last reference: the memory is free again
        index.close()
        // endregion
        return answer
    }

    fun handOver(manager: MemoryManager, received: MutableCollection<String>) {
        // region retain
        val page = manager.allocate(64)
        val length = page.withSegment { it.setUtf8(0, "order 4711") }
        page.retain() // a second reference: the reader's
        val reader = Thread.ofVirtual().start {
            page.use { received.add(it.withSegment { bytes -> bytes.getUtf8(0, length) }) } // gives the reader's back
        }
        page.close() // gives yours back; the last close frees the memory
        reader.join()
        // endregion
    }

    fun scoped(block: Block): Long {
        // region with segment
        val sum = block.withSegment { bytes ->
            // for this thread, and only up to the brace
            val numbers = bytes.asInts()
            numbers.fill(7)
            numbers.size * numbers[0]
        }
        // endregion
        return sum
    }

    fun kept(manager: MemoryManager): String? {
        val block = manager.allocate(64)
        // region kept view
        val view = block.keptSegment // for any thread, as long as the block is held
        Thread.ofVirtual().start { view.setInt(0, 4711) }.join()
        val written = view.getInt(0)
        // endregion
        block.close()
        // region closed block
        val refusal = try {
            block.withSegment { "read ${it.getInt(0)}" }
        } catch (late: BlockClosedException) {
            late.message
        }
        // endregion
        return refusal.takeIf { written == 4711 }
    }

    fun grow(manager: MemoryManager, report: (String) -> Unit) {
        // region resize
        var rows = manager.allocate(64.KiB)
        rows = rows.resize(96.KiB, zeroed = true) // go on with the returned block, and with nothing else
        // endregion
        // region resize held
        val reading = rows.retain() // another holder of the block
        rows = rows.resize(4.MiB) // it must move, so the returned block is a new one
        report("the reader keeps ${reading.size} bytes, and you have ${rows.size}")
        // endregion
        reading.close()
        rows.close()
    }

    fun guarded(decode: (address: Long, bytes: Long) -> Unit, report: (String?) -> Unit) {
        // region checked
        val images = SystemMemoryManager("images") { checked = true }
        val image = images.allocate(100)
        decode(image.address, 101) // native code that writes one byte more than there are
        try {
            image.close()
        } catch (damage: GuardBytesException) {
            report(damage.message)
        }
        // endregion
        images.close()
    }

    fun forgotten(report: (String?) -> Unit) {
        // region traced blocks
        val orders = SystemMemoryManager("orders") { traceSites = true }
        val forgotten = orders.allocate(100)
        try {
            orders.close()
        } catch (early: OutstandingBlocksException) {
            report(early.message)
        }
        // endregion
        forgotten.close()
    }

    fun takeBack(manager: SystemMemoryManager): Int {
        // region clear
        val frames = List(1000) { manager.allocate(4.KiB) }
        manager.clear() // from here on all of them are closed, whatever holds them
        frames.forEach { it.close() } // not needed, and no mistake: it does nothing
        val next = manager.allocate(4.KiB) // the manager goes on
        // endregion
        next.close()
        return frames.count { it.isClosed }
    }

    fun pay(store: MemoryBudget, report: (String) -> Unit) {
        val parsers = SystemMemoryManager("parsers")
        // region block transfer
        val parsed = parsers.allocate(1.MiB)
        parsed.transferTo(store) // still the parsers' block, but the store pays for it
        report("${store.used} bytes are the store's")
        // endregion
        parsed.close()
        parsers.close()
    }
}
