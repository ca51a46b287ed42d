package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.Segment
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.typed.Bytes
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.Handle
import dev.leasehold.memory.typed.HoldableObjectPool
import dev.leasehold.memory.typed.ObjectPool
import dev.leasehold.memory.typed.ObjectPoolOptions
import dev.leasehold.memory.typed.StaleHandleException
import dev.leasehold.memory.typed.find
import dev.leasehold.memory.typed.get
import dev.leasehold.memory.typed.read
import dev.leasehold.memory.typed.recover
import dev.leasehold.memory.typed.view
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeUnique
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe

/** Makes a pool of one kind. */
internal typealias PoolMaker = (ElementType<Segment>, ObjectPoolOptions.() -> Unit) -> ObjectPool<Segment>

/** Both kinds of pool, by what tests call them. */
internal val poolKinds: Map<String, PoolMaker> = mapOf(
    "a pool" to { type, configure -> ObjectPool("objects", type, configure) },
    "a holdable pool" to { type, configure -> HoldableObjectPool("objects", type, configure) },
)

class ObjectPoolSpec : FunSpec() {
    init {
        for ((kind, make) in poolKinds) contract(kind, make)
    }

    private fun contract(kind: String, make: PoolMaker) {
        fun pool(configure: ObjectPoolOptions.() -> Unit = {}) = make(Bytes(64, 8), configure)

        test("$kind gives each object a slot of its own, with exactly its bounds") {
            pool().use { pool ->
                val handles = List(3000) { pool.allocateHandle() }
                handles.map { pool[it].address }.shouldBeUnique()
                handles.forEach { pool[it].size shouldBe 64 }
                handles.forEachIndexed { at, handle -> pool[handle].setLong(56, at.toLong()) }
                handles.forEachIndexed { at, handle -> pool[handle].getLong(56) shouldBe at.toLong() }
            }
        }

        test("$kind lets a handle name its object for the object's life only") {
            pool().use { pool ->
                val handle = pool.allocateHandle()
                (handle in pool) shouldBe true
                pool.find(handle).shouldNotBeNull()
                pool.free(handle) shouldBe true
                (handle in pool) shouldBe false
                pool.find(handle).shouldBeNull()
                pool.read(handle) { 1 }.shouldBeNull()
                val failure = shouldThrow<StaleHandleException> { pool[handle] }
                failure.message shouldBe
                    "Handle(0, generation 1) names no object that lives in object pool 'objects': it " +
                    "was freed, or it is another pool's"
                failure.handle shouldBe handle.bits
                failure.poolName shouldBe "objects"
            }
        }

        test("$kind frees an object once") {
            pool().use { pool ->
                val handle = pool.allocateHandle()
                pool.free(handle) shouldBe true
                pool.free(handle) shouldBe false
                onThread { pool.free(handle) shouldBe false }
                val next = List(2) { pool.allocateHandle() }
                next.map { pool[it].address }.shouldBeUnique()
                pool.stats().live shouldBe 2
            }
        }

        test("$kind frees on another thread what it frees, once") {
            pool().use { pool ->
                val handle = pool.allocateHandle()
                onThread { pool.free(handle) shouldBe true }
                pool.free(handle) shouldBe false
                (handle in pool) shouldBe false
                pool.stats().live shouldBe 0
            }
        }

        test("$kind uses the newest freed slot first") {
            pool().use { pool ->
                val handles = List(10) { pool.allocateHandle() }
                val addresses = handles.map { pool[it].address }
                handles.forEach { pool.free(it) }
                List(10) { pool[pool.allocateHandle()].address } shouldBe addresses.reversed()
            }
        }

        test("$kind never resolves a handle over a million reuses of its slot") {
            pool { batchSize = 1 }.use { pool ->
                val kept = pool.allocateHandle()
                pool.free(kept)
                repeat(1 shl 20) {
                    val next = pool.allocateHandle()
                    next.index shouldBe kept.index
                    if (next == kept ||
                        pool.find(kept) != null
                    ) {
                        error("generation ${next.generation} is that of the kept one")
                    }
                    pool.free(next)
                }
                pool.stats().batches shouldBe 1
            }
        }

        test("$kind is not confused by handles that it never gave") {
            pool().use { pool ->
                val live = pool.allocateHandle()
                val strange = listOf(
                    0L,
                    1L,
                    -1L,
                    Long.MIN_VALUE,
                    Long.MAX_VALUE,
                    live.bits + 1,
                    live.bits or (1L shl 31),
                )
                for (bits in strange + List(64) { 1L shl it }) {
                    if (bits == live.bits) continue
                    (Handle(bits) in pool) shouldBe false
                    pool.find(Handle(bits)).shouldBeNull()
                    pool.free(Handle(bits)) shouldBe false
                }
                (live in pool) shouldBe true
            }
        }

        test("$kind keeps addresses while it grows") {
            pool { batchSize = 4 }.use { pool ->
                val first = pool.allocateHandle()
                val address = pool[first].address
                repeat(10_000) { pool.allocateHandle() }
                pool[first].address shouldBe address
                pool.stats().batches shouldBe 2501
            }
        }

        val layouts =
            listOf(Triple(24L, 64L, 64L), Triple(10L, 64L, 64L), Triple(100L, 128L, 128L), Triple(100L, 4096L, 4096L))
        for ((size, alignment, stride) in layouts) {
            test("$kind puts objects of $size bytes at multiples of $alignment") {
                make(Bytes(size)) {
                    this.alignment = alignment
                    batchSize = 100
                }.use { pool ->
                    pool.stride shouldBe stride
                    repeat(250) {
                        val segment = pool[pool.allocateHandle()]
                        segment.address % alignment shouldBe 0
                        segment.size shouldBe size
                    }
                }
            }
        }

        test("$kind gives each object whole lines where that is asked for") {
            make(Bytes(24, 8)) {
                wholeLines = true
                lineSize = 128
            }.use { pool ->
                pool.stride shouldBe 128
                repeat(10) { pool[pool.allocateHandle()].address % 128 shouldBe 0 }
            }
            make(Bytes(24, 8)) {}.use { it.stride shouldBe 24 }
        }

        test("$kind refuses what is beyond its capacity, and finds what another thread has freed") {
            pool { capacity = 100 }.use { pool ->
                val handles = List(100) { pool.allocateHandle() }
                val failure = shouldThrow<MemoryExhaustedException> { pool.allocateHandle() }
                failure.message shouldBe
                    "object pool 'objects' is full: all of its 100 objects of 64 bytes live, which is " +
                    "its capacity; free one first, or make the pool with a larger capacity"
                pool.tryAllocateHandle() shouldBe Handle.NONE
                pool.tryAllocate().shouldBeNull()
                pool.stats().live shouldBe 100
                onThread { handles.take(3).forEach { pool.free(it) shouldBe true } }
                repeat(3) { pool.tryAllocateHandle() shouldNotBe Handle.NONE }
                pool.tryAllocateHandle() shouldBe Handle.NONE
            }
        }

        test("$kind finds at its capacity what lies idle in the cache of another thread") {
            pool { capacity = 2048 }.use { pool ->
                onThread {
                    val all = List(2048) { pool.allocateHandle() }
                    all.forEach { pool.free(it) }
                }
                List(2048) { pool.allocateHandle() }.shouldBeUnique()
                pool.tryAllocateHandle() shouldBe Handle.NONE
            }
        }

        test("$kind takes the batches over that a thread leaves when it ends") {
            pool().use { pool ->
                repeat(50) { onThread { List(1024) { pool.allocateHandle() }.forEach { pool.free(it) } } }
                pool.stats().batches shouldBe 1
            }
        }

        test("$kind does not grow when one thread allocates what another frees") {
            pool { batchSize = 64 }.use { pool ->
                repeat(200) {
                    val handles = List(64) { pool.allocateHandle() }
                    onThread { handles.forEach { pool.free(it) } }
                }
                (pool.stats().batches <= 4) shouldBe true
            }
        }

        test("$kind serves virtual threads") {
            pool().use { pool ->
                val threads = List(100) {
                    Thread.ofVirtual().start { repeat(100) { pool.free(pool.allocateHandle()) } }
                }
                threads.forEach(Thread::join)
                pool.stats().live shouldBe 0
            }
        }

        test("$kind refuses when its manager's limit is reached, and is as it was") {
            val above = MemoryBudget("objects-budget", 256.KiB)
            SystemMemoryManager("small") { budget = above }.use { manager ->
                pool { this.manager = manager }.use { pool ->
                    val handles = generateSequence { pool.tryAllocateHandle().takeIf { !it.isNone } }.toList()
                    (handles.size >= 1024) shouldBe true
                    val failure = shouldThrow<MemoryExhaustedException> { pool.allocateHandle() }
                    failure.ownerName shouldBe "small"
                    pool.stats().live shouldBe handles.size.toLong()
                    pool.free(handles.last())
                    pool.tryAllocateHandle().isNone shouldBe false
                    above.limit = 1.MiB
                    pool.tryAllocateHandle().isNone shouldBe false
                    pool.forEachHandle { handle: Handle -> pool.free(handle) shouldBe true }
                }
                manager.stats().blocks shouldBe 0
            }
        }

        test("$kind gives batches without an object back, and their handles stay dead") {
            SystemMemoryManager("trimmed").use { manager ->
                pool {
                    batchSize = 128
                    this.manager = manager
                }.use { pool ->
                    val handles = List(1280) { pool.allocateHandle() }
                    val kept = handles[700]
                    pool[kept].setLong(0, 77)
                    handles.forEach { if (it != kept) pool.free(it) }
                    pool.trim() shouldBe 9L * 128 * 64
                    pool.stats().run { listOf(batches.toLong(), slots, live, free) } shouldBe listOf(1L, 128L, 1L, 127L)
                    manager.stats().blocks shouldBe 1
                    pool[kept].getLong(0) shouldBe 77
                    val again = List(1279) { pool.allocateHandle() }
                    again.shouldBeUnique()
                    again.none { it in handles } shouldBe true
                    handles.forEach { if (it != kept) pool.find(it).shouldBeNull() }
                    pool.stats().batches shouldBe 10
                    pool.forEachHandle { handle: Handle -> pool.free(handle) }
                }
            }
        }

        test("$kind lives on after its end as long as an object does") {
            SystemMemoryManager("ended").use { manager ->
                val pool = pool {
                    batchSize = 8
                    this.manager = manager
                }
                val handles = List(24) { pool.allocateHandle() }
                handles.take(8).forEach { pool.free(it) }
                pool.close()
                manager.stats().blocks shouldBe 2
                val failure = shouldThrow<PoolClosedException> { pool.allocateHandle() }
                failure.message shouldBe "object pool 'objects' is closed and allocates nothing more"
                shouldThrow<PoolClosedException> { pool.tryAllocateHandle() }
                pool[handles[20]].setLong(0, 5)
                pool[handles[20]].getLong(0) shouldBe 5
                handles.slice(8..15).forEach { pool.free(it) shouldBe true }
                manager.stats().blocks shouldBe 1
                onThread { handles.slice(16..23).forEach { pool.free(it) shouldBe true } }
                manager.stats().blocks shouldBe 0
                pool.free(handles[20]) shouldBe false
                pool.find(handles[20]).shouldBeNull()
                pool.close()
                pool.trim() shouldBe 0
            }
        }

        test("$kind tells which objects live") {
            pool { batchSize = 16 }.use { pool ->
                val handles = List(100) { pool.allocateHandle() }
                val (dead, live) = handles.partition { it.index % 3 == 0 }
                dead.take(20).forEach { pool.free(it) }
                onThread { dead.drop(20).forEach { pool.free(it) } }
                val seen = ArrayList<Long>()
                pool.forEachHandle { handle: Handle ->
                    seen.add(handle.bits)
                    pool.free(handle) shouldBe true
                }
                seen shouldContainExactlyInAnyOrder live.map { it.bits }
                pool.stats().live shouldBe 0
            }
        }

        test("$kind counts batches, slots, bytes, the living and the free") {
            pool { batchSize = 32 }.use { pool ->
                pool.stats().slots shouldBe 0
                val handles = List(40) { pool.allocateHandle() }
                handles.take(10).forEach { pool.free(it) }
                pool.stats().run { listOf(batches.toLong(), slots, stride, bytes, live, free, retired) } shouldBe
                    listOf(2L, 64L, 64L, 4096L, 30L, 34L, 0L)
                pool.stats().toString() shouldBe "30 of 64 objects live in 2 batches, 4,096 bytes"
            }
        }

        test("$kind has objects that free themselves once") {
            pool().use { pool ->
                val handle: Handle
                pool.allocate().use { owned ->
                    handle = owned.handle
                    owned.view.setLong(8, 99)
                    owned.isAlive shouldBe true
                    pool[handle].getLong(8) shouldBe 99
                    owned.toString() shouldBe "PooledObject(Handle(0, generation 1) of 'objects')"
                    owned.close()
                    owned.isAlive shouldBe false
                }
                (handle in pool) shouldBe false
                pool.stats().live shouldBe 0
            }
        }

        test("$kind has objects that can be recovered once") {
            pool().use { pool ->
                val owned = pool.allocate()
                owned.view.setLong(16, 4711)
                val copy = owned.recover()
                copy.size shouldBe 64
                copy.getLong(16) shouldBe 4711
                pool.stats().live shouldBe 0
                shouldThrow<StaleHandleException> { owned.recover() }
                shouldThrow<StaleHandleException> { owned.view }
                owned.close()
                pool.stats().free shouldBe 1024
            }
        }
    }

    init {
        test("sizes, batches and capacities that no pool can have are refused") {
            fun refused(type: ElementType<Segment>, configure: ObjectPoolOptions.() -> Unit = {}) =
                shouldThrow<InvalidSizeException> { ObjectPool("bad", type, configure) }.message
            refused(Bytes(0)) shouldBe "object pool 'bad': the size of an object must be above 0, and was 0"
            refused(Bytes(8)) { batchSize = 0 } shouldBe "object pool 'bad': the batch size must be above 0, and was 0"
            refused(Bytes(8)) { capacity = -1 } shouldBe "object pool 'bad': the capacity must be above 0, and was -1"
            SystemMemoryManager("narrow") { limit = 64.KiB }.use { narrow ->
                refused(Bytes(128)) { manager = narrow } shouldBe
                    "object pool 'bad': a batch of 1,024 objects that lie 128 " +
                    "bytes apart has more than the 65,536 bytes that its manager can allocate at once; make the " +
                    "batches " +
                    "smaller"
            }
            shouldThrow<InvalidAlignmentException> { ObjectPool("bad", Bytes(8)) { alignment = 24 } }.message shouldBe
                "object pool 'bad': the alignment must be a power of two up to 4,096, and was 24"
            shouldThrow<MemoryConfigurationException> { ObjectPool(" ", Bytes(8)) }
        }
    }
}
