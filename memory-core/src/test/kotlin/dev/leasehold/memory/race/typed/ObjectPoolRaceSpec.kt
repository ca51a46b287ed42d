package dev.leasehold.memory.race.typed

import dev.leasehold.memory.Segment
import dev.leasehold.memory.contract.typed.poolKinds
import dev.leasehold.memory.support.together
import dev.leasehold.memory.typed.Bytes
import dev.leasehold.memory.typed.Handle
import dev.leasehold.memory.typed.HoldableObjectPool
import dev.leasehold.memory.typed.ObjectPool
import dev.leasehold.memory.typed.PooledObject
import dev.leasehold.memory.typed.StaleHandleException
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.hold
import dev.leasehold.memory.typed.read
import dev.leasehold.memory.typed.recover
import dev.leasehold.memory.typed.view
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CyclicBarrier
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.atomic.AtomicLongArray
import java.util.concurrent.atomic.LongAdder
import kotlin.random.Random

private const val WORDS = 8

/** Allocates an object all of whose words say which it is. */
private fun ObjectPool<Segment>.born(): Handle = allocateHandle().also { handle ->
    val segment = get(handle)
    for (word in 0 until WORDS) segment.setLong(8L * word, handle.bits)
}

/** The word that all of [segment] has, or -1 when it is torn. */
private fun wordOf(segment: Segment): Long {
    val first = segment.getLong(0)
    for (word in 1 until WORDS) if (segment.getLong(8L * word) != first) return -1
    return first
}

/** A barrier at which nobody waits for one who has failed. */
private class Meeting(parties: Int) {
    private val barrier = CyclicBarrier(parties)

    fun await() {
        barrier.await(Effort.seconds(60), TimeUnit.SECONDS)
    }
}

class ObjectPoolRaceSpec : FunSpec() {
    init {
        val seed = Effort.seed("ObjectPoolRaceSpec")

        for ((kind, make) in poolKinds) {
            for (virtual in listOf(false, true)) {
                val threads = if (virtual) "virtual threads" else "threads"
                test("$kind: no two live objects of four $threads share a slot, and batches stay within the peak") {
                    make(Bytes(64, 8)) { batchSize = 64 }.use { pool ->
                        val live = ConcurrentHashMap<Int, Long>()
                        val handed = ConcurrentLinkedQueue<Handle>()
                        val now = AtomicLong()
                        val peak = AtomicLong()
                        together(4, virtual) { worker ->
                            val random = Random(seed + worker)
                            val mine = ArrayList<Handle>()
                            fun end(handle: Handle) {
                                check(wordOf(pool[handle]) == handle.bits) { "$handle was overwritten" }
                                check(live.remove(handle.index, handle.bits)) { "$handle was not live" }
                                now.decrementAndGet()
                                check(pool.free(handle)) { "$handle could not be freed" }
                            }
                            repeat(Effort.times(8_000)) {
                                when (random.nextInt(4)) {
                                    0, 1 -> {
                                        peak.accumulateAndGet(now.incrementAndGet(), Math::max)
                                        val handle = pool.born()
                                        check(live.put(handle.index, handle.bits) == null) {
                                            "$handle is in a used slot"
                                        }
                                        if (random.nextBoolean()) mine.add(handle) else handed.add(handle)
                                    }

                                    2 -> mine.removeLastOrNull()?.let(::end)

                                    else -> handed.poll()?.let(::end)
                                }
                                while (mine.size > 200) end(mine.removeFirst())
                            }
                            mine.forEach(::end)
                        }
                        handed.forEach { pool.free(it) shouldBe true }
                        val stats = pool.stats()
                        stats.live shouldBe 0
                        // Each cache may begin a batch, and have as much overflow as it has room for.
                        val bound = peak.get() + 64L * 4 * (4 + 2 * Runtime.getRuntime().availableProcessors())
                        check(stats.slots <= bound) { "${stats.slots} slots for a peak of ${peak.get()}" }
                        pool.trim() shouldBe stats.bytes
                    }
                }
            }

            test("$kind: a slot that two threads free at the same moment comes back once") {
                make(Bytes(64, 8)) { batchSize = 128 }.use { pool ->
                    val rounds = Effort.times(200)
                    val handles = AtomicLongArray(64)
                    val barrier = Meeting(2)
                    together(2) { worker ->
                        repeat(rounds) {
                            if (worker == 0) {
                                val taken = HashSet<Int>()
                                for (at in 0 until 64) {
                                    val handle = pool.allocateHandle()
                                    check(taken.add(handle.index)) { "$handle was given out twice" }
                                    handles.set(at, handle.bits)
                                }
                            }
                            barrier.await()
                            val order = if (worker == 0) 0 until 64 else 63 downTo 0
                            for (at in order) pool.free(Handle(handles.get(at)))
                            barrier.await()
                            for (at in order) {
                                check(Handle(handles.get(at)) !in pool) {
                                    "an object lives after its free"
                                }
                            }
                            barrier.await()
                        }
                    }
                    pool.stats().run { live to (slots <= 256) } shouldBe (0L to true)
                }
            }

            test("$kind: what is read while others free and allocate is the object's own, or nothing") {
                make(Bytes(64, 8)) { batchSize = 16 }.use { pool ->
                    besideFrees(pool) { handle -> pool.read(handle, ::wordOf) }
                }
            }

            test("$kind: of a recover and a close that race, one ends the object") {
                make(Bytes(64, 8)) { batchSize = 4 }.use { pool ->
                    val rounds = Effort.times(1_000)
                    val barrier = Meeting(2)
                    val objects = arrayOfNulls<PooledObject<Segment>>(1)
                    val recovered = AtomicInteger()
                    together(2) { worker ->
                        repeat(rounds) {
                            if (worker == 0) {
                                val owned = pool.allocate()
                                repeat(WORDS) { owned.view.setLong(8L * it, owned.handle.bits) }
                                objects[0] = owned
                            }
                            barrier.await()
                            val owned = checkNotNull(objects[0])
                            if (worker == 0) owned.close() else recover(owned, recovered)
                            barrier.await()
                            check(!owned.isAlive) { "an object lives after its end" }
                            barrier.await()
                        }
                    }
                    pool.stats().run { live to slots } shouldBe (0L to 4L)
                }
            }
        }

        test("what is held while others free and allocate is the object's own, also for writes") {
            HoldableObjectPool("objects", Bytes(64, 8)) { batchSize = 16 }.use { pool ->
                besideFrees(pool) { handle ->
                    pool.hold(handle) { segment ->
                        val before = wordOf(segment)
                        // Nobody else may see this, or write here.
                        segment.setLong(0, before)
                        wordOf(segment)
                    }
                }
                pool.stats().live shouldBe 0
            }
        }
    }

    private fun recover(owned: PooledObject<Segment>, count: AtomicInteger) {
        val copy = try {
            owned.recover()
        } catch (_: StaleHandleException) {
            return
        }
        check(wordOf(copy) == owned.handle.bits) { "what was recovered is another object's" }
        count.incrementAndGet()
    }

    /** One thread frees and allocates all the while; another looks at the same objects with [look]. */
    private fun besideFrees(pool: ObjectPool<Segment>, look: (Handle) -> Long?) {
        val table = AtomicLongArray(32)
        for (at in 0 until table.length()) table.set(at, pool.born().bits)
        val stop = AtomicBoolean()
        val seen = LongAdder()
        together(2) { worker ->
            if (worker == 0) {
                try {
                    repeat(Effort.times(100_000)) { round ->
                        val at = round % table.length()
                        check(pool.free(Handle(table.get(at))))
                        table.set(at, pool.born().bits)
                    }
                } finally {
                    stop.set(true)
                }
            } else {
                var at = 0
                while (!stop.get() || seen.sum() == 0L) {
                    val handle = Handle(table.get(at++ % table.length()))
                    val word = look(handle) ?: continue
                    check(word == handle.bits) { "$handle showed ${Handle(word)}" }
                    seen.increment()
                }
            }
        }
        for (at in 0 until table.length()) pool.free(Handle(table.get(at))) shouldBe true
    }
}
