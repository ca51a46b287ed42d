package dev.leasehold.memory.contract.pool

import dev.leasehold.memory.ForeignLeaseException
import dev.leasehold.memory.InvalidAlignmentException
import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.InvalidTimeoutException
import dev.leasehold.memory.Lease
import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.LeaseThreadException
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.OutstandingLeasesException
import dev.leasehold.memory.PoolClosedException
import dev.leasehold.memory.PoolOptions
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.copy
import dev.leasehold.memory.internal.platform.bytes
import dev.leasehold.memory.rent
import dev.leasehold.memory.rentShared
import dev.leasehold.memory.support.failureOn
import dev.leasehold.memory.support.platform
import dev.leasehold.memory.tryRent
import dev.leasehold.memory.tryRentShared
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import java.time.Duration as JavaDuration

/** Every wrong input in one table: what is done, which exception it is, and every word of its message. */
class MisusesSpec : FunSpec({
    class Misuse(val what: String, val type: Class<out Throwable>, val message: String, val act: (MemoryPool) -> Any?)

    val page = dev.leasehold.memory.internal.platform.Platform.current.pageSize
    val tracing = "; set traceSites = true on the pool to see where it was rented and closed"

    fun size(what: String, message: String, act: (MemoryPool) -> Any?) =
        Misuse(what, InvalidSizeException::class.java, message, act)

    fun alignment(figure: Long) = Misuse(
        "an alignment of $figure",
        InvalidAlignmentException::class.java,
        "an alignment must be a power of two between 1 and the page size of ${bytes(page)}, and was $figure",
    ) { if (figure % 2 == 0L) it.rent(64, figure) else it.rentShared(64, figure) }

    fun configuration(what: String, message: String, configure: PoolOptions.() -> Unit) =
        Misuse(what, MemoryConfigurationException::class.java, message) { MemoryPool.isolated("new", configure) }

    fun closedBefore(lease: Lease) = lease.also(Lease::close)

    val negative = "pool 'table': a size must not be negative, and was"
    val rents = listOf(
        size("a negative size", "$negative -1 bytes") { it.rent(-1) },
        size("a negative size for any thread", "$negative -1 bytes") { it.rentShared(-1) },
        size("the smallest long as a size", "$negative -9,223,372,036,854,775,808 bytes") {
            it.tryRent(Long.MIN_VALUE)
        },
        size("a negative size to try for any thread", "$negative -5 bytes") { it.tryRentShared(-5) },
        size("a negative size with an alignment", "$negative -64 bytes") { it.rent(-64, 64) },
        size("a negative size to wait for", "$negative -2 bytes") { it.rent(-2, 1.seconds) },
        size(
            "a size above the limit",
            "pool 'table': 1,048,577 bytes requested, and its limit is 1,048,576 bytes: raise the limit or " +
                "request less",
        ) {
            it.rent(1.MiB + 1)
        },
        size(
            "the largest long as a size",
            "pool 'table': 9,223,372,036,854,775,807 bytes requested, and its limit is 1,048,576 bytes: raise the " +
                "limit or request less",
        ) {
            it.tryRentShared(Long.MAX_VALUE)
        },
        size(
            "a size above the limit to wait for",
            "pool 'table': 2,097,152 bytes requested, and its limit is 1,048,576 bytes: raise the limit or " +
                "request less",
        ) {
            it.rentShared(2.MiB, 1.seconds)
        },
        size(
            "a size above what any system has",
            "pool 'free': 9,223,372,036,854,775,807 bytes requested, and no lease may have more than " +
                "140,737,488,355,328 bytes: request less",
        ) {
            MemoryPool.isolated("free").rent(Long.MAX_VALUE)
        },
        alignment(0),
        alignment(-8),
        alignment(3),
        alignment(48),
        alignment(2 * page),
        alignment(Long.MIN_VALUE),
        Misuse(
            "no time to wait",
            InvalidTimeoutException::class.java,
            "a timeout must be positive, and was 0 ns; tryRent does not wait",
        ) {
            it.rent(8, Duration.ZERO)
        },
        Misuse(
            "a negative time to wait",
            InvalidTimeoutException::class.java,
            "a timeout must be positive, and was -1000000 ns; tryRent does not wait",
        ) {
            it.rentShared(8, (-1).milliseconds)
        },
        Misuse(
            "a time to wait below what can be counted",
            InvalidTimeoutException::class.java,
            "a timeout must be positive, and was ${Long.MIN_VALUE} ns; tryRent does not wait",
        ) {
            it.rent(8, JavaDuration.ofSeconds(Long.MIN_VALUE))
        },
    )
    val limits = listOf(
        Misuse(
            "more than the limit leaves",
            MemoryExhaustedException::class.java,
            "pool 'table': 4,096 bytes requested, 1,048,576 bytes of the limit of 1,048,576 bytes are reserved " +
                "and 1,048,576 bytes used: close leases sooner, raise the limit, or rent with a timeout to wait",
        ) { pool ->
            pool.rent(1.MiB).use { pool.rent(4096) }
        },
        Misuse(
            "waiting in vain",
            RentTimeoutException::class.java,
            "pool 'table': no memory for 4,096 bytes came back within 5 ms (1,048,576 bytes of the limit of " +
                "1,048,576 bytes are reserved and 1,048,576 bytes used): close leases sooner, raise the limit, or " +
                "wait longer",
        ) { pool ->
            pool.rent(1.MiB).use { pool.rent(4096, 5.milliseconds) }
        },
    )
    val leases = listOf(
        Misuse(
            "a closed lease",
            LeaseClosedException::class.java,
            "Lease of 10 bytes from pool 'table' is closed$tracing",
        ) {
            closedBefore(it.rent(10)).segment
        },
        Misuse(
            "a closed shared lease",
            LeaseClosedException::class.java,
            "SharedLease of 11 bytes from pool 'table' is closed$tracing",
        ) {
            it.rentShared(11).also(SharedLease::close).asKeptMemorySegment()
        },
        Misuse(
            "a buffer of a closed lease",
            LeaseClosedException::class.java,
            "Lease of 12 bytes from pool 'table' is closed$tracing",
        ) {
            closedBefore(it.rent(12)).asByteBuffer()
        },
        Misuse(
            "a lease of another pool",
            ForeignLeaseException::class.java,
            "pool 'table' was handed a lease of pool 'foreign'; memory never travels between pools: copy " +
                "the bytes",
        ) { pool ->
            MemoryPool.isolated("foreign").rent(8).use(pool::requireOwn)
        },
        Misuse(
            "a shared lease of another pool",
            ForeignLeaseException::class.java,
            "pool 'table' was handed a lease of pool 'foreign'; memory never travels between pools: copy " +
                "the bytes",
        ) { pool ->
            MemoryPool.isolated("foreign").rentShared(8).use(pool::requireOwn)
        },
    )
    val chunks = listOf(
        size(
            "a size above a chunk",
            "pool 'chunks': 101 bytes requested, and its chunks have 100 bytes: make the chunks larger or " +
                "request less",
        ) {
            MemoryPool.fixed("chunks", 100, 2).use { chunks -> chunks.rent(101) }
        },
        size("a negative size of a chunk's part", "pool 'chunks': a size must not be negative, and was -1 bytes") {
            MemoryPool.fixed("chunks", 100, 2).use { chunks -> chunks.tryRent(-1) }
        },
        size(
            "chunks of no size",
            "pool 'chunks': the block size must be positive, and was 0",
        ) { MemoryPool.fixed("chunks", 0, 2) },
        size(
            "no chunks",
            "pool 'chunks': the block count must be positive, and was 0",
        ) { MemoryPool.fixed("chunks", 8, 0) },
        size(
            "fewer than no chunks",
            "pool 'chunks': the block count must be positive, and was -1",
        ) { MemoryPool.fixed("chunks", 8, -1) },
        size(
            "more bytes than a long can count",
            "pool 'chunks': 2,147,483,647 chunks of 1,099,511,627,776 bytes are more than a long can count",
        ) {
            MemoryPool.fixed("chunks", 1L shl 40, Int.MAX_VALUE)
        },
        size(
            "a chunk of all bytes",
            "pool 'chunks': 1 chunk of 9,223,372,036,854,775,807 bytes is more than a long can count",
        ) {
            MemoryPool.fixed("chunks", Long.MAX_VALUE, 1)
        },
        Misuse(
            "chunks at no alignment",
            InvalidAlignmentException::class.java,
            "an alignment must be a power of two between 1 and the page size of ${bytes(page)}, and was 0",
        ) {
            MemoryPool.fixed("chunks", 8, 2, 0)
        },
        Misuse(
            "an alignment that chunks do not have",
            InvalidAlignmentException::class.java,
            "pool 'chunks': an alignment of 256 requested, and its chunks lie 128 bytes apart: make the pool " +
                "with that alignment",
        ) {
            MemoryPool.fixed("chunks", 100, 2).use { chunks -> chunks.rent(8, 256) }
        },
        Misuse(
            "one chunk too many",
            MemoryExhaustedException::class.java,
            "pool 'chunks': 1 of 1 chunk is leased: close leases sooner, make more chunks, or rent " +
                "with a timeout to wait",
        ) {
            MemoryPool.fixed("chunks", 100, 1).use { chunks -> chunks.rent().use { chunks.rentShared() } }
        },
        Misuse(
            "a limit below the chunks",
            MemoryConfigurationException::class.java,
            "pool 'chunks': the limit of 8,192 bytes is below the 12,288 bytes of 3 chunks of 4,096 bytes",
        ) {
            MemoryPool.fixed("chunks", 4096, 3) { limit = 8192 }
        },
    )
    val pools = listOf(
        configuration(
            "a limit below one page",
            "pool 'new': the limit of 4,095 bytes is below one page of 4,096 bytes",
        ) { limit = 4095 },
        configuration(
            "a negative limit",
            "pool 'new': the limit of -1 bytes is below one page of 4,096 bytes",
        ) { limit = -1 },
        configuration(
            "a default size above the limit",
            "pool 'new': the limit of 4,096 bytes is below the default size of 4,097 bytes",
        ) {
            limit = 4096
            defaultSize = 4097
        },
        configuration(
            "a negative default size",
            "pool 'new': the default size must not be below 0, and was -1",
        ) { defaultSize = -1 },
        configuration(
            "a negative idle bound",
            "pool 'new': the idle bound must not be below 0, and was -1",
        ) { idleBound = -1 },
        configuration(
            "a negative quarantine in bytes",
            "pool 'new': the quarantine bound in bytes must not be below 0, and was -1",
        ) { quarantineBytes = -1 },
        configuration(
            "a negative quarantine in blocks",
            "pool 'new': the quarantine bound in blocks must not be below 0, and was -1",
        ) { quarantineBlocks = -1 },
        Misuse(
            "a blank name",
            MemoryConfigurationException::class.java,
            "the name of a pool must not be blank",
        ) { MemoryPool.isolated(" ") },
        Misuse(
            "a blank name of chunks",
            MemoryConfigurationException::class.java,
            "the name of a pool must not be blank",
        ) { MemoryPool.fixed("", 8, 8) },
        Misuse(
            "a closed pool",
            PoolClosedException::class.java,
            "pool 'shut' is closed: rent from a pool that is open",
        ) {
            MemoryPool.isolated("shut").also(MemoryPool::close).rent(8)
        },
        Misuse(
            "a closed pool to try",
            PoolClosedException::class.java,
            "pool 'shut' is closed: rent from a pool that is open",
        ) {
            MemoryPool.fixed("shut", 8, 8).also(MemoryPool::close).tryRentShared(8)
        },
        Misuse(
            "closing the shared pool",
            UnsupportedOperationException::class.java,
            "the shared pool belongs to the whole process and cannot be closed; use " +
                "MemoryPool.isolated(name) for one that can",
        ) {
            MemoryPool.shared().close()
        },
        Misuse(
            "closing a pool too early",
            OutstandingLeasesException::class.java,
            "pool 'early' is closed, and 2 leases of 192 bytes are outstanding; they free their memory " +
                "as they are closed; set traceSites = true on the pool to see where they were rented",
        ) {
            val early = MemoryPool.isolated("early")
            val held = listOf(early.rent(100), early.rent(64))
            try {
                early.close()
            } finally {
                held.forEach(Lease::close)
                early.stats().reserved shouldBe 0
            }
        },
    )

    for (misuse in rents + limits + leases + chunks + pools) {
        test("${misuse.what} is refused") {
            val pool = MemoryPool.isolated("table") { limit = 1.MiB }
            val before = pool.stats().used
            val failure = runCatching { misuse.act(pool) }.exceptionOrNull()
            failure?.javaClass shouldBe misuse.type
            failure?.message shouldBe misuse.message
            pool.stats().used shouldBe before
            pool.stats().waiters shouldBe 0
            pool.rent(4096).use { it.asMemorySegment().fill(1) }
            pool.rentShared(4096).use { it.asKeptMemorySegment().fill(1) }
            pool.close()
            pool.stats().reserved shouldBe 0
        }
    }

    for (fixed in listOf(false, true)) {
        test("a lease on the wrong thread names both threads and stays open (fixed: $fixed)") {
            val pool = if (fixed) MemoryPool.fixed("threads", 64, 2) else MemoryPool.isolated("threads")
            val lease = pool.rent(64)
            val owner = Thread.currentThread()
            var id = 0L
            val verbs = mapOf<String, (Lease) -> Any>(
                "used" to Lease::asMemorySegment,
                "closed" to Lease::close,
            )
            for ((verb, act) in verbs) {
                val failure = failureOn("stranger") {
                    id = Thread.currentThread().threadId()
                    act(lease)
                }
                failure?.javaClass shouldBe LeaseThreadException::class.java
                failure?.message shouldBe
                    "Lease of 64 bytes from pool 'threads' was rented by thread '${owner.name}' " +
                    "(#${owner.threadId()}) and $verb on thread 'stranger' (#$id); " +
                    "use rentShared for memory that changes threads"
            }
            val view = lease.asMemorySegment()
            failureOn("stranger") { view.fill(1) }?.javaClass shouldBe WrongThreadException::class.java
            lease.isClosed shouldBe false
            pool.stats().used shouldNotBe 0
            lease.close()
            pool.stats().used shouldBe 0
            pool.close()
        }
    }
})
