package dev.leasehold.benchmarks.fragmentation

import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.ConcurrentLinkedQueue

/** Keeps the sizes of all requests and who made and freed them, and refuses what no heap could do. */
internal class Recorder : TracedHeap<Recorder.Recorded> {
    class Recorded(val size: Int, val thread: Thread)

    val live: MutableSet<Recorded> = ConcurrentHashMap.newKeySet()
    private val all = ConcurrentLinkedQueue<Recorded>()
    private val freedElsewhere = ConcurrentLinkedQueue<Recorded>()

    val requested: List<Int> get() = all.map { it.size }

    /** What each thread requested, in order. */
    val requestedByThread: Collection<List<Int>> get() = all.groupBy({ it.thread }, { it.size }).values

    /** What was freed by another thread than had requested it. */
    val handedOver: List<Recorded> get() = freedElsewhere.toList()

    val liveBytes: Long get() = live.sumOf { it.size.toLong() }

    override fun allocate(size: Int): Recorded = Recorded(size, Thread.currentThread()).also {
        all += it
        check(live.add(it))
    }

    override fun free(block: Recorded) {
        check(live.remove(block)) { "a block of ${block.size} bytes is freed twice" }
        if (block.thread != Thread.currentThread()) freedElsewhere += block
    }
}
