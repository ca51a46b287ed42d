package dev.leasehold.samples.guide

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.rent
import dev.leasehold.testing.await
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.maps.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.yield

/** The guide's snippets on suspending pools do what the guide says of them. */
class SuspendingSnippetsSpec : FunSpec() {
    init {
        test("what is received into a lease is there to use") {
            var seen = 0
            SuspendingPools.receive(
                fill = { it.withSegment { bytes -> bytes.setInt(0, 7) } },
                use = { seen = it.withSegment { bytes -> bytes.getInt(0) } },
            )
            seen shouldBe 7
        }

        test("a scope's lease is open while its children use it, and closed behind the scope") {
            over(1 shl 20) { buffers ->
                val leases = ArrayList<SharedLease>()
                SuspendingPools.scope(
                    buffers,
                    read = { it.withSegment { bytes -> bytes.setLong(0, 42) } },
                    decode = { input, output ->
                        leases += listOf(input, output)
                        val read = input.withSegment { it.getLong(0) }
                        output.withSegment { it.setLong(0, read) }
                    },
                )
                leases.map { it.isClosed } shouldContainExactly listOf(true, true)
            }
        }

        test("several leases are rented and given back together") {
            over(1 shl 17) { buffers ->
                SuspendingPools.several(buffers) { header, body ->
                    header.size + body.size shouldBe 4096 + 64 * 1024
                    buffers.stats().used shouldBe 4096 + 64 * 1024
                }
            }
        }

        test("a rent that finds nothing in time says so, and later it finds something") {
            over(64 * 1024) { buffers ->
                var busy = 0
                val all = buffers.rent(64 * 1024)
                SuspendingPools.inTime(buffers, answer = { error("there is nothing") }, busy = { busy++ })
                all.close()
                SuspendingPools.inTime(buffers, answer = { busy += 10 }, busy = {})
                busy shouldBe 11
            }
        }

        test("a moved lease outlives its scope") {
            over(4096) { buffers ->
                var kept: SharedLease? = null
                SuspendingPools.handOver(
                    buffers,
                    keep = { kept = it },
                    fill = { it.withSegment { bytes -> bytes.setInt(0, 3) } },
                )
                kept!!.use { it.withSegment { bytes -> bytes.getInt(0) } shouldBe 3 }
            }
        }

        test("a lease bound to a job goes back when the job is cancelled") {
            over(4096) { buffers ->
                val serving = CompletableDeferred<SharedLease>()
                val connections = CoroutineScope(Job())
                coroutineScope {
                    val session = launch { SuspendingPools.session(buffers, connections) { serving.complete(it) } }
                    val lease = serving.await()
                    lease.isClosed shouldBe false
                    connections.cancel()
                    session.join()
                    // Those who join a job hear of its end together with its leases, not after them.
                    await("the lease ends with its job") { lease.isClosed }
                    await("its bytes are back") { buffers.stats().used == 0L }
                }
            }
        }

        test("the figures say how much is out and who waits") {
            over(100) { buffers ->
                val figures = HashMap<String, Long>()
                coroutineScope {
                    val lease = buffers.rent(60)
                    val waiter = launch { buffers.rent(50).close() }
                    while (buffers.stats().waiters == 0) yield()
                    SuspendingPools.watch(buffers) { name, value -> figures[name] = value }
                    lease.close()
                    waiter.join()
                }
                figures shouldContainExactly mapOf("buffers.used" to 60L, "buffers.waiters" to 1L)
            }
        }
    }

    private suspend fun over(capacity: Long, block: suspend (SuspendingPool) -> Unit) {
        MemoryPool.isolated("guide").use { memory ->
            SuspendingPool(memory, capacity).use { buffers ->
                block(buffers)
                buffers.stats().used shouldBe 0
            }
            memory.stats().used shouldBe 0
        }
    }
}
