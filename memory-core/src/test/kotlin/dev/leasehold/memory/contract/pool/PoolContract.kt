package dev.leasehold.memory.contract.pool

import dev.leasehold.memory.ForeignLeaseException
import dev.leasehold.memory.Hygiene
import dev.leasehold.memory.Lease
import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.OutstandingLeasesException
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.access
import dev.leasehold.memory.closedLease
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.PoolFixture
import dev.leasehold.memory.support.onThread
import dev.leasehold.memory.support.shouldAddUp
import dev.leasehold.memory.tryRent
import dev.leasehold.memory.tryRentShared
import dev.leasehold.testing.await
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_BYTE
import java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED

/** What every pool does, as plain functions, so that a virtual machine without a test framework can run them too. */
internal object PoolContract {
    /** One sentence about pools, and how to see whether it holds for [PoolFixture]. */
    class Check(val sentence: String, val run: (PoolFixture) -> Unit)

    val checks: List<Check> = listOf(
        Check("a view has exactly the bytes requested for, and no neighbour is reachable", ::exactViews),
        Check("closing again does nothing, and the block comes back once", ::idempotentClose),
        Check("blocks lie at multiples of 64, small ones at multiples of 16", ::naturalAlignment),
        Check("a requested alignment is kept", ::keptAlignment),
        Check("leases do not overlap and keep their bytes", ::noOverlap),
        Check("a rent without a size has the default size", ::defaultSize),
        Check("figures add up at every step", ::figuresAddUp),
        Check("trimming gives back what is idle and no more", ::trimming),
        Check("closing with leases outstanding throws, closes, and leaves the leases valid", ::closeWithOutstanding),
        Check("a closed pool refuses every rent and says so", ::closedPool),
        Check("closing a pool again does nothing", ::closeTwice),
        Check("a shared lease is handed over, used and closed elsewhere", ::handOver),
        Check("a closed lease and its views refuse", ::closedLease),
        Check("a closed shared lease refuses at once, its views after retirement at the latest", ::closedSharedLease),
        Check("at the limit rent throws, tryRent returns null, and nothing is taken", ::atTheLimit),
        Check("bytes between two leases are as the hygiene says", ::hygiene),
        Check("the pool refuses the leases of other pools", ::ownership),
    )

    private val sizes = listOf<Long>(
        0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 255, 256, 257, 320, 321, 1000, 1023, 1024, 1025,
        4095, 4096, 4097, 5120, 5121, 8192, 65_536, 65_537, 262_144, 1L shl 20, (1L shl 20) + 1, 3 * (1L shl 20) + 17,
    )

    private fun PoolFixture.sizesFor(pool: MemoryPool) = sizes.filter { it <= minOf(largest, pool.limit - 4096) }

    private fun exactViews(fixture: PoolFixture) = fixture.use { pool ->
        for (size in fixture.sizesFor(pool)) {
            pool.rent(size).use { checkView(it.asMemorySegment(), it.size, size) }
            pool.rentShared(size).use { checkView(it.asKeptMemorySegment(), it.size, size) }
            pool.tryRent(size).shouldNotBeNull().use { checkView(it.asMemorySegment(), it.size, size) }
            pool.tryRentShared(size).shouldNotBeNull().use { it.keptSegment.size shouldBe size }
        }
    }

    private fun checkView(view: MemorySegment, leaseSize: Long, size: Long) {
        leaseSize shouldBe size
        view.byteSize() shouldBe size
        shouldThrow<IndexOutOfBoundsException> { view.get(JAVA_BYTE, size) }
        shouldThrow<IndexOutOfBoundsException> { view.get(JAVA_BYTE, -1) }
        if (size == 0L) return
        view.set(JAVA_BYTE, 0, 1)
        view.set(JAVA_BYTE, size - 1, 2)
        view.get(JAVA_BYTE, size - 1) shouldBe 2
    }

    private fun idempotentClose(fixture: PoolFixture) = fixture.use { pool ->
        val first = pool.rent(64)
        repeat(3) { first.close() }
        first.isClosed shouldBe true
        val shared = pool.rentShared(64)
        repeat(3) { shared.close() }
        shared.isClosed shouldBe true
        pool.stats().used shouldBe 0
        val leases = List(4) { pool.rent(64) }
        leases.map { it.asMemorySegment().address() }.toSet().size shouldBe 4
        leases.forEach(Lease::close)
    }

    private fun naturalAlignment(fixture: PoolFixture) = fixture.use { pool ->
        for (size in fixture.sizesFor(pool)) {
            val unit = if (size >= 64) 64L else 16L
            val leases = List(3) { pool.tryRent(size) }.filterNotNull()
            leases.forEach { it.asMemorySegment().address() % unit shouldBe 0 }
            leases.forEach(Lease::close)
        }
    }

    private fun keptAlignment(fixture: PoolFixture) = fixture.use { pool ->
        val most = if (fixture.fixed) 32 else Platform.current.pageSize
        for (alignment in generateSequence(1L) { it * 2 }.takeWhile { it <= most }) {
            for (size in listOf<Long>(0, 1, 48, 65, 96, 320).filter { it <= fixture.largest }) {
                val leases = List(2) { pool.rent(size, alignment) }
                val shared = pool.rentShared(size, alignment)
                (leases.map { it.asMemorySegment() } + shared.asKeptMemorySegment()).forEach { view ->
                    view.address() % alignment shouldBe 0
                    view.byteSize() shouldBe size
                }
                leases.forEach(Lease::close)
                shared.close()
            }
        }
    }

    private fun noOverlap(fixture: PoolFixture) = fixture.use { pool ->
        val leases = fixture.sizesFor(pool).filter { it >= 8 }.mapNotNull { pool.tryRent(it) }
        leases.forEachIndexed { index, lease -> lease.asMemorySegment().fill((index + 1).toByte()) }
        leases.forEachIndexed { index, lease ->
            val view = lease.asMemorySegment()
            for (offset in longArrayOf(0, lease.size / 2, lease.size - 1)) {
                view.get(JAVA_BYTE, offset) shouldBe (index + 1).toByte()
            }
        }
        leases.forEach(Lease::close)
    }

    private fun defaultSize(fixture: PoolFixture) = fixture.use { pool ->
        pool.rent().use { it.size shouldBe pool.defaultSize }
        pool.rentShared().use { it.size shouldBe pool.defaultSize }
    }

    private fun figuresAddUp(fixture: PoolFixture) = fixture.use { pool ->
        val open = ArrayList<AutoCloseable>()
        var rents = 0L
        repeat(40) { step ->
            if (step % 4 == 3) open.removeFirst().close()
            val lease = if (step % 2 == 0) pool.tryRent(step.toLong()) else pool.tryRentShared(step.toLong())
            if (lease != null) {
                open.add(lease)
                rents++
            }
            val stats = pool.stats()
            stats.shouldAddUp()
            stats.rents shouldBe rents
            stats.used shouldBeGreaterThanOrEqualTo open.size * 16L
            stats.reserved shouldBeLessThanOrEqualTo stats.peak
            stats.peak shouldBeLessThanOrEqualTo stats.limit
        }
        open.forEach(AutoCloseable::close)
    }

    private fun trimming(fixture: PoolFixture) = fixture.use { pool ->
        val kept = pool.rent(80)
        kept.asMemorySegment().fill(7)
        List(3) { pool.rent(80) }.forEach(Lease::close)
        pool.rentShared(80).close()
        val before = pool.stats().reserved
        val gone = pool.trim()
        if (!fixture.fixed) {
            before - pool.stats().reserved shouldBe gone
            // Without native access pages cannot be taken out of the middle of a slab.
            val most = if (Platform.current.bindsViews) 2 * Platform.current.pageSize else before
            pool.stats().reserved shouldBeLessThanOrEqualTo most
        }
        pool.stats().quarantined shouldBe 0
        pool.stats().shouldAddUp()
        kept.asMemorySegment().get(JAVA_BYTE, 79) shouldBe 7
        List(3) { pool.rent(80) }.onEach { it.asMemorySegment().fill(1) }.forEach(Lease::close)
        kept.asMemorySegment().get(JAVA_BYTE, 0) shouldBe 7
        kept.close()
    }

    private fun closeWithOutstanding(fixture: PoolFixture) = fixture.use { pool ->
        val lease = pool.rent(64)
        val shared = pool.rentShared(64)
        val used = pool.stats().used
        val failure = shouldThrow<OutstandingLeasesException> { pool.close() }
        failure.count shouldBe 2
        failure.bytes shouldBe used
        failure.message.shouldNotBeNull().substringBefore(";") shouldBe
            "pool '${pool.name}' is closed, and 2 leases of ${bytes(used)} are outstanding"
        pool.isClosed shouldBe true
        lease.asMemorySegment().set(JAVA_BYTE, 63, 5)
        lease.asMemorySegment().get(JAVA_BYTE, 63) shouldBe 5
        onThread { shared.asKeptMemorySegment().set(JAVA_BYTE, 0, 6) }
        lease.close()
        shared.close()
        await("the last lease frees the memory") { pool.stats().reserved == 0L }
    }

    private fun closedPool(fixture: PoolFixture) = fixture.use { pool ->
        pool.rent(64).close()
        pool.close()
        val rents = listOf<() -> Any?>(
            { pool.rent(64) },
            { pool.rent() },
            { pool.rent(64, 64) },
            { pool.tryRent(64) },
            { pool.rentShared(64) },
            { pool.tryRentShared(64) },
            { pool.rent(64, java.time.Duration.ofSeconds(1)) },
            { pool.rentShared(64, java.time.Duration.ofSeconds(1)) },
        )
        for (rent in rents) {
            shouldThrow<PoolClosedException> { rent() }.message shouldBe
                "pool '${pool.name}' is closed: rent from a pool that is open"
        }
    }

    private fun closeTwice(fixture: PoolFixture) = fixture.use { pool ->
        repeat(3) { pool.close() }
        pool.isClosed shouldBe true
        pool.trim() shouldBe 0
    }

    private fun handOver(fixture: PoolFixture) = fixture.use { pool ->
        val lease = pool.rentShared(64)
        lease.asKeptMemorySegment().set(JAVA_LONG_UNALIGNED, 0, 42)
        onThread("taker") {
            lease.asKeptMemorySegment().get(JAVA_LONG_UNALIGNED, 0) shouldBe 42
            lease.asKeptByteBuffer().capacity() shouldBe 64
            lease.close()
        }
        lease.isClosed shouldBe true
        pool.stats().used shouldBe 0
    }

    private fun closedLease(fixture: PoolFixture) = fixture.use { pool ->
        val lease = pool.rent(64)
        val view = lease.asMemorySegment()
        val slice = view.asSlice(8, 8)
        lease.close()
        shouldThrow<LeaseClosedException> { lease.segment }.poolName shouldBe pool.name
        shouldThrow<LeaseClosedException> { lease.asMemorySegment() }
        shouldThrow<LeaseClosedException> { lease.asByteBuffer() }
        if (!Platform.current.bindsViews) return@use
        shouldThrow<IllegalStateException> { view.get(JAVA_BYTE, 0) }
        shouldThrow<IllegalStateException> { slice.set(JAVA_BYTE, 0, 1) }
    }

    private fun closedSharedLease(fixture: PoolFixture) = fixture.use { pool ->
        val lease = pool.rentShared(64)
        val slice = lease.asKeptMemorySegment().asSlice(8, 8)
        lease.close()
        shouldThrow<LeaseClosedException> { lease.keptSegment }.poolName shouldBe pool.name
        shouldThrow<LeaseClosedException> { lease.asKeptByteBuffer() }
        pool.trim()
        if (Platform.current.bindsViews) shouldThrow<IllegalStateException> { slice.set(JAVA_BYTE, 0, 1) }
    }

    private fun atTheLimit(fixture: PoolFixture) = fixture.use { pool ->
        if (!fixture.limited) return@use
        val size = minOf(fixture.largest, pool.limit / 4)
        val leases = generateSequence { pool.tryRent(size) }.toList()
        leases.size shouldBeGreaterThanOrEqualTo 3
        val full = pool.stats()
        full.reserved shouldBeLessThanOrEqualTo full.limit
        shouldThrow<MemoryExhaustedException> { pool.rent(size) }.requested shouldBe size
        shouldThrow<MemoryExhaustedException> { pool.rentShared(size) }.ownerName shouldBe pool.name
        pool.tryRentShared(size) shouldBe null
        pool.stats().used shouldBe full.used
        leases.last().close()
        pool.rent(size).close()
        leases.forEach(Lease::close)
    }

    private fun hygiene(fixture: PoolFixture) = fixture.use { pool ->
        val view = pool.rent(96).use { lease ->
            lease.asMemorySegment().also { it.fill(0x11) }
        }
        pool.rent(96).use { lease ->
            lease.asMemorySegment().address() shouldBe view.address()
            val byte: Byte? = when (fixture.hygiene) {
                Hygiene.LEAVE -> null
                Hygiene.ZERO_ON_RENT, Hygiene.ZERO_ON_CLOSE -> 0
                Hygiene.POISON_ON_CLOSE -> 0xA5.toByte()
            }
            if (byte != null) for (at in 0L until 96) lease.asMemorySegment().get(JAVA_BYTE, at) shouldBe byte
        }
        pool.rentShared(96).use { it.asKeptMemorySegment().fill(0x22) }
        pool.trim()
        pool.rentShared(96).use { lease ->
            val zeroed = fixture.hygiene == Hygiene.ZERO_ON_RENT || fixture.hygiene == Hygiene.ZERO_ON_CLOSE
            if (zeroed) for (at in 0L until 96) lease.asKeptMemorySegment().get(JAVA_BYTE, at) shouldBe 0
        }
    }

    private fun ownership(fixture: PoolFixture) = fixture.use { pool ->
        val other = MemoryPool.isolated("other")
        pool.rent(8).use(pool::requireOwn)
        pool.rentShared(8).use(pool::requireOwn)
        other.rent(8).use { shouldThrow<ForeignLeaseException> { pool.requireOwn(it) }.poolName shouldBe "other" }
        other.rentShared(8).use { it.pool shouldNotBe pool }
        other.close()
    }
}
