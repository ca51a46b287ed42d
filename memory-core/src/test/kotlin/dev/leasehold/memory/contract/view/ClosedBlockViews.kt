package dev.leasehold.memory.contract.view

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.allocate
import dev.leasehold.memory.contract.view.ClosedViewMain.refused
import dev.leasehold.memory.readOnly
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.support.together
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_INT
import java.lang.foreign.ValueLayout.JAVA_LONG

/** [ClosedViewMain] for blocks: views that outlive their scope, their block's last reference, or its batch. */
internal object ClosedBlockViews {
    private const val SIZE = 1024L
    private var sink = 0L

    fun run(rounds: Int) {
        val manager = SystemMemoryManager("views")
        warm(manager, rounds)
        escaped(manager, rounds)
        onThread("escaped views") { escaped(manager, rounds / 4) }
        together(1, virtual = true) { escaped(manager, rounds / 4) }
        escapedInTheMiddle(manager, rounds)
        nested(manager, rounds)
        afterLastClose(manager, rounds)
        ownArenas(minOf(rounds, 400))
        check(manager.stats().blocks == 0L && manager.stats().used == 0L) { "blocks are left: $manager" }
        check(sink != Long.MIN_VALUE) { "no sum of small numbers is that" }
        manager.close()
    }

    private fun sum(view: MemorySegment): Long {
        var sum = 0L
        for (at in 0 until SIZE step 8) sum += view.get(JAVA_LONG, at)
        return sum
    }

    private fun warm(manager: MemoryManager, rounds: Int) = repeat(rounds) { round ->
        val block = manager.allocate(SIZE)
        block.withSegment { segment ->
            segment.asMemorySegment().set(JAVA_INT, 0, round)
            sink += sum(segment.asMemorySegment())
        }
        block.close()
    }

    private fun escaped(manager: MemoryManager, rounds: Int) = repeat(rounds / 8) {
        val block = manager.allocate(SIZE)
        val view = block.withSegment { it.asMemorySegment() }
        val slice = block.withSegment { it.asMemorySegment().asSlice(64, 64) }
        val readOnly = block.withSegment { it.asMemorySegment().asReadOnly() }
        val buffer = block.withSegment { it.asMemorySegment().asByteBuffer() }
        // Once while the block is held by others, and once when it is closed.
        repeat(2) { time ->
            if (time == 1) block.close()
            refused("a read after the scope") { view.get(JAVA_INT, 0) }
            refused("a write after the scope") { view.set(JAVA_INT, 0, 1) }
            refused("a loop after the scope") { sum(view) }
            refused("a slice after the scope") { slice.set(JAVA_INT, 0, 1) }
            refused("a read-only view after the scope") { readOnly.get(JAVA_INT, 0) }
            refused("a byte buffer after the scope") { buffer.get(0) }
            refused("a fill after the scope") { view.fill(0) }
            refused("a new slice after the scope") { view.asSlice(8, 8).get(JAVA_INT, 0) }
        }
    }

    // A view that is read in a loop may be checked once, before the loop, only if nothing in the loop can end it.
    private fun escapedInTheMiddle(manager: MemoryManager, rounds: Int) = repeat(rounds / 10) { round ->
        val block = manager.allocate(SIZE)
        val end = round % 200
        var done = 0
        lateinit var kept: MemorySegment
        refused("a loop that uses a view of an earlier scope") {
            for (step in 0 until 256) {
                if (step == 0) {
                    block.withSegment { scope ->
                        kept = scope.asMemorySegment()
                        for (inside in 0 until end) sink += kept.get(JAVA_INT, (inside and 127) * 4L)
                        done = end
                    }
                }
                sink += kept.get(JAVA_INT, (step and 127) * 4L)
                done++
            }
        }
        check(done == end) { "$done accesses, and the scope had ended after $end" }
        block.close()
    }

    private fun nested(manager: MemoryManager, rounds: Int) = repeat(rounds / 8) {
        val block = manager.allocate(SIZE)
        block.withSegment { outer ->
            val inner = block.withSegment { it.asMemorySegment() }
            refused("a view of an inner scope") { inner.get(JAVA_INT, 0) }
            outer.asMemorySegment().set(JAVA_INT, 0, 7)
            block.close()
            check(outer.asMemorySegment().get(JAVA_INT, 0) == 7) { "a scope has lost its block" }
        }
        refused("a scope of a closed block") { block.withSegment { sink += it.size } }
    }

    private fun afterLastClose(manager: MemoryManager, rounds: Int) {
        val views = List(minOf(rounds, 2000)) { manager.allocate(SIZE).use { it.asKeptMemorySegment() } }
        manager.trim()
        for (view in views) {
            refused("a view whose batch was cut off") { view.get(JAVA_INT, 0) }
            refused("a slice whose batch was cut off") { view.asSlice(8).set(JAVA_INT, 0, 1) }
        }
    }

    private fun ownArenas(rounds: Int) {
        val manager = SystemMemoryManager("own arenas") { quarantineBytes = 0 }
        repeat(rounds) {
            val block = manager.allocate(SIZE).retain()
            val view = block.asKeptMemorySegment()
            block.close()
            view.set(JAVA_INT, 0, 1)
            onThread { block.close() }
            refused("a view that was cut off by the last close") { view.get(JAVA_INT, 0) }
        }
        manager.close()
    }
}
