package dev.leasehold.memory.coroutines.contract.io

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.Segment
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.bufferLeases
import dev.leasehold.memory.coroutines.internal.own.end
import dev.leasehold.memory.coroutines.read
import dev.leasehold.memory.coroutines.readLeases
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.memory.coroutines.support.connected
import dev.leasehold.memory.coroutines.support.lending
import dev.leasehold.memory.coroutines.support.send
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.coroutines.writeAll
import dev.leasehold.memory.toByteArray
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.yield
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.channels.ClosedChannelException
import kotlin.random.Random

/** What reads and writes of asynchronous sockets do with leases. */
class SocketSpec : FunSpec() {
    init {
        transfers()
        streams()
    }

    private fun transfers() {
        test("what one end writes the other reads") {
            lending("transfers", 100) { pool ->
                connected { near, far ->
                    pool.withLease(16) { lease ->
                        lease.withSegment { it.setLong(3, 42) }
                        near.writeAll(lease, 3, 8)
                    }
                    pool.withLease(16) { lease ->
                        far.read(lease) shouldBe 8
                        lease.withSegment { it.getLong(0) } shouldBe 42
                        near.close()
                        far.read(lease) shouldBe -1
                    }
                }
            }
        }

        test("an operation of a closed channel fails, and the lease can be closed") {
            lending("closed", 100) { pool ->
                connected { near, _ ->
                    near.close()
                    shouldThrow<ClosedChannelException> { pool.withLease(16) { near.read(it) } }
                    shouldThrow<ClosedChannelException> { pool.withLease(16) { near.writeAll(it) } }
                }
            }
        }

        test("a coroutine that has been cancelled already starts nothing and closes nothing") {
            lending("before", 100) { pool ->
                connected { near, _ ->
                    val reader = launch(start = CoroutineStart.UNDISPATCHED) {
                        coroutineContext[Job]!!.cancel()
                        pool.withLease(16) { near.read(it) }
                    }
                    reader.join()
                    near.isOpen shouldBe true
                }
            }
        }
    }

    private fun streams() {
        test("a stream comes whole, through an echo and few leases") {
            val content = Random(5).nextBytes(300_003)
            lending("echo", 3.KiB) { pool ->
                connected { near, far ->
                    launch {
                        far.readLeases(pool, 1.KiB).collect { far.writeAll(it) }
                        far.shutdownOutput()
                    }
                    launch {
                        near.send(content)
                        near.shutdownOutput()
                    }
                    val echoed = ByteArrayOutputStream()
                    near.readLeases(pool, 1.KiB).collect {
                        echoed.writeBytes(it.withSegment(Segment::toByteArray))
                        pool.stats().used shouldBeLessThanOrEqual 3.KiB
                    }
                    echoed.toByteArray().contentEquals(content) shouldBe true
                }
            }
        }

        test("a stream waits while the pool is empty, and loses nothing of what was sent meanwhile") {
            lending("empty", 1.KiB) { pool ->
                connected { near, far ->
                    val held = pool.rent(1.KiB)
                    near.send(byteArrayOf(1, 2, 3))
                    var seen = 0L
                    val reader = launch { seen = far.readLeases(pool, 1.KiB).first().length }
                    while (pool.stats().waiters == 0) yield()
                    seen shouldBe 0
                    held.close()
                    reader.join()
                    seen shouldBe 3
                }
            }
        }

        test("a peer that dies ends the stream with its error, and the memory is free for good") {
            val held = 1_000L // Fewer than an epoch of its own takes.
            for (size in listOf(held, 1.MiB)) {
                MemoryPool.isolated("death").use { memory ->
                    SuspendingPool(memory, 8.MiB).use { pool ->
                        connected { near, far ->
                            // Most of this has come and is not read, and so closing the near end resets the connection.
                            pool.withLease(held) { far.writeAll(it) }
                            near.read(ByteBuffer.allocate(1)).get() shouldBe 1
                            val reader = launch {
                                shouldThrow<IOException> {
                                    far.readLeases(pool, size).bufferLeases(2) { it.lease }.collect { }
                                }
                            }
                            while (pool.stats().used == 0L) yield()
                            near.close()
                            reader.join()
                        }
                        pool.stats().used shouldBe 0
                        memory.trim()
                        while (memory.stats().quarantined > 0) Thread.sleep(1)
                    }
                }
            }
        }
    }
}
