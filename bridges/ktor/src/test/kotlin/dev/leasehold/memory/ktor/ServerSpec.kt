package dev.leasehold.memory.ktor

import dev.leasehold.memory.KiB
import dev.leasehold.memory.LeaseClosedException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.coroutines.FilledLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.ktor.samples.uploads
import dev.leasehold.memory.ktor.support.Client
import dev.leasehold.memory.ktor.support.serve
import dev.leasehold.memory.testing.checkNothingLeaked
import dev.leasehold.testing.Effort
import dev.leasehold.testing.await
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import io.ktor.http.ContentType
import io.ktor.http.HttpStatusCode
import io.ktor.server.application.Application
import io.ktor.server.application.createApplicationPlugin
import io.ktor.server.application.install
import io.ktor.server.response.respond
import io.ktor.server.response.respondText
import io.ktor.server.routing.RoutingContext
import io.ktor.server.routing.post
import io.ktor.server.routing.routing
import io.ktor.utils.io.ByteReadChannel
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.withTimeout
import kotlinx.io.EOFException
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.Executors
import java.util.concurrent.Future
import java.util.concurrent.atomic.AtomicInteger
import kotlin.random.Random

class ServerSpec : FunSpec() {
    private val memory = MemoryPool.isolated("bodies") { limit = 64.MiB }
    private val pool = SuspendingPool(memory, capacity = 1.MiB)
    private val content = Random(5).nextBytes(300_001)
    private val failures = ConcurrentLinkedQueue<Throwable>()

    private fun Application.handle(path: String, action: suspend RoutingContext.() -> Unit) {
        routing {
            post(path) {
                try {
                    action()
                } catch (failure: Throwable) {
                    failures += failure
                    throw failure
                }
            }
        }
    }

    private fun Application.echo() = handle("/echo") {
        call.withBodyLease(pool, 512.KiB) { body -> call.respondLease(body, ContentType.Application.OctetStream) }
    }

    private fun Application.flow() = handle("/flow") {
        call.respondLeases(call.receiveLeases(pool, 64.KiB), status = HttpStatusCode.Accepted)
    }

    init {
        beforeTest { failures.clear() }

        afterTest {
            await("all leases are back") { pool.stats().used == 0L && memory.stats().used == 0L }
            pool.stats().waiters shouldBe 0
        }

        afterSpec {
            pool.close()
            memory.close()
        }

        test("a body comes in one lease and goes back as the answer, announced or in chunks") {
            checkNothingLeaked {
                serve({ echo() }) { port ->
                    Client(port).use { client ->
                        for (size in listOf(1, 65_536, 300_001, 524_288)) {
                            val body = Random(size).nextBytes(size)
                            val answer = client.post("/echo", body)
                            answer.status shouldBe 200
                            answer.headers["content-type"] shouldBe "application/octet-stream"
                            answer.headers["content-length"] shouldBe "$size"
                            answer.body shouldBe body
                        }
                        client.postInChunks("/echo", content, 7001).body shouldBe content
                        client.post("/echo", ByteArray(0)).body.size shouldBe 0
                    }
                }
            }
        }

        test("a body of any length flows through leases of one size") {
            checkNothingLeaked {
                serve({ flow() }) { port ->
                    val body = Random(1).nextBytes(3_000_000)
                    Client(port).use { client ->
                        val sender = Thread.startVirtualThread {
                            client.begin("/flow", body.size.toLong())
                            client.send(body)
                        }
                        val answer = client.answer()
                        answer.status shouldBe 202
                        answer.body shouldBe body
                        sender.join()
                    }
                }
            }
        }

        test("several leases are one answer, whose length is known") {
            checkNothingLeaked {
                fun Application.parts() = handle("/parts") {
                    pool.withLease(10) { first ->
                        pool.withLease(20) { second ->
                            first.withSegment { it.fill(1) }
                            second.withSegment { it.fill(2) }
                            val parts = listOf(FilledLease(first, 10), FilledLease(second, 5))
                            call.respond(LeaseContent(parts))
                        }
                    }
                }
                serve({ parts() }) { port ->
                    Client(port).use { client ->
                        val answer = client.post("/parts", ByteArray(1))
                        answer.headers["content-length"] shouldBe "15"
                        answer.body shouldBe ByteArray(10) { 1 } + ByteArray(5) { 2 }
                    }
                }
            }
        }

        test("a body above the bound is 413, announced or in chunks, and takes no lease beyond it") {
            checkNothingLeaked {
                serve({ echo() }) { port ->
                    Client(port).use { client ->
                        client.begin("/echo", 524_289)
                        client.answer().status shouldBe 413
                    }
                    Client(port).use { it.postInChunks("/echo", ByteArray(524_289), 65_536).status shouldBe 413 }
                }
            }
        }

        test("clients that go away half-way, in the body or the answer, lose no lease") {
            checkNothingLeaked {
                serve({
                    echo()
                    flow()
                }) { port ->
                    for (sent in listOf(0, 1, 70_000, 300_000)) {
                        for (path in listOf("/echo", "/flow")) {
                            Client(port).use { client ->
                                client.begin(path, 300_001)
                                client.send(content, 0, sent)
                                if (sent > 0) Thread.sleep(20)
                                client.breakOff()
                            }
                        }
                    }
                    await("all have failed or ended") { pool.stats().used == 0L }
                    Client(port).use { it.post("/echo", content).body shouldBe content }
                }
            }
        }

        test("a body that ends before its announced length is no body, in one lease or in several") {
            checkNothingLeaked {
                serve({
                    echo()
                    flow()
                }) { port ->
                    for (path in listOf("/echo", "/flow")) {
                        Client(port).use { client ->
                            client.begin(path, 300_001)
                            client.send(content, 0, 300_000)
                            client.endBody()
                            await("it failed") { failures.isNotEmpty() }
                            failures.remove().shouldBeInstanceOf<EOFException>()
                                .message shouldContain "after 300000 of the 300001 bytes"
                        }
                    }
                }
            }
        }

        test("a body that a plugin makes longer than its Content-Length is refused, or whole, and never cut off") {
            checkNothingLeaked {
                fun Application.decoding() {
                    install(
                        createApplicationPlugin("Decoding") {
                            onCallReceive { _ ->
                                transformBody { ByteReadChannel(content) }
                            }
                        },
                    )
                    echo()
                }
                serve({ decoding() }) { port ->
                    Client(port).use { it.post("/echo", ByteArray(10)).status shouldBe 413 }
                    Client(port).use { client ->
                        client.begin("/echo", 10, "Content-Encoding: own")
                        client.send(ByteArray(10))
                        client.answer().body shouldBe content
                    }
                }
            }
        }

        test("a client that takes no answer keeps its lease only as long as its timeout") {
            checkNothingLeaked {
                val large = MemoryPool.isolated("answers")
                fun Application.slow() = handle("/slow") {
                    withTimeout(300) { large.withLease(32.MiB) { lease -> call.respondLease(lease) } }
                }
                serve({ slow() }) { port ->
                    Client(port).use { client ->
                        client.begin("/slow", 1)
                        client.send(byteArrayOf(1))
                        await("the timeout has struck") { failures.isNotEmpty() }
                        failures.first().shouldBeInstanceOf<TimeoutCancellationException>()
                        large.stats().used shouldBe 0
                    }
                }
                large.close()
            }
        }

        test("a client that stops in its body keeps its lease only as long as its timeout") {
            checkNothingLeaked {
                fun Application.impatient() = handle("/impatient") {
                    withTimeout(300) { call.withBodyLease(pool, 1.MiB) { call.respondText("all of it") } }
                }
                serve({ impatient() }) { port ->
                    Client(port).use { client ->
                        client.begin("/impatient", 200_000)
                        client.send(ByteArray(100_000))
                        await("it has its lease") { pool.stats().used > 0 || failures.isNotEmpty() }
                        await("the timeout has struck") { failures.isNotEmpty() }
                        pool.stats().used shouldBe 0
                    }
                }
            }
        }

        test("a lease that is closed too early breaks the answer off, and says why") {
            checkNothingLeaked {
                fun Application.hasty() = handle("/hasty") {
                    memory.withLease(100) { lease ->
                        lease.close()
                        call.respondLease(lease)
                    }
                }
                serve({ hasty() }) { port ->
                    Client(port).use { client ->
                        client.begin("/hasty", 1)
                        client.send(byteArrayOf(1))
                        await("it failed") { failures.isNotEmpty() }
                        val causes = generateSequence(failures.first()) { it.cause }.toList()
                        causes.filterIsInstance<LeaseClosedException>().first().message shouldContain "bodies"
                    }
                }
            }
        }

        test("clients that go away and calls that time out at random moments, between others, lose nothing") {
            checkNothingLeaked {
                val seed = Effort.seed("random clients")

                fun Application.hurried() = handle("/hurried") {
                    withTimeout(Random.nextLong(1, 30)) {
                        call.withBodyLease(pool, 512.KiB) { body -> call.respondLease(body) }
                    }
                }
                serve({
                    echo()
                    flow()
                    hurried()
                }) { port ->
                    Executors.newVirtualThreadPerTaskExecutor().use { threads ->
                        val all = List(16) { number ->
                            val random = Random(seed + number)
                            threads.submit {
                                repeat(Effort.times(15)) {
                                    Client(port).use { client ->
                                        val path = listOf("/echo", "/flow", "/hurried")[random.nextInt(3)]
                                        if (path != "/hurried" && random.nextBoolean()) {
                                            client.post(path, content).body shouldBe content
                                        } else {
                                            client.begin(path, 300_001)
                                            client.send(content, 0, random.nextInt(300_002))
                                            Thread.sleep(random.nextLong(4))
                                            client.breakOff()
                                        }
                                    }
                                }
                            }
                        }
                        all.forEach(Future<*>::get)
                    }
                    await("all leases are back") { pool.stats().used == 0L && pool.stats().waiters == 0 }
                    Client(port).use { it.post("/echo", content).body shouldBe content }
                }
            }
        }

        test("300 idle clients hold no lease, and every request of 20 busy ones is answered") {
            checkNothingLeaked {
                serve({
                    echo()
                    flow()
                }) { port ->
                    // Sixteen leases of 64 KiB, or three bodies: as many idle ones with a lease each would be too many.
                    val idle = List(300) { number ->
                        Client(port).also { client ->
                            if (number % 3 > 0) client.begin(if (number % 2 == 0) "/echo" else "/flow", 300_001)
                            if (number % 3 > 1) client.send(content, 0, 1000)
                        }
                    }
                    val answered = AtomicInteger()
                    Executors.newVirtualThreadPerTaskExecutor().use { threads ->
                        val busy = List(20) { number ->
                            threads.submit {
                                Client(port).use { client ->
                                    repeat(10) {
                                        client.post(if (number % 2 == 0) "/echo" else "/flow", content)
                                            .body shouldBe content
                                        answered.incrementAndGet()
                                    }
                                }
                            }
                        }
                        busy.forEach(Future<*>::get)
                    }
                    answered.get() shouldBe 200
                    await("the leases of the busy ones are back") { pool.stats().used == 0L }
                    // And they are served when they wake up.
                    for ((number, client) in idle.withIndex().drop(290)) {
                        if (number % 3 == 0) client.begin("/echo", 300_001)
                        client.send(content, if (number % 3 > 1) 1000 else 0)
                        client.answer().body shouldBe content
                    }
                    idle.forEach(Client::close)
                }
            }
        }

        test("the documented service answers") {
            checkNothingLeaked {
                serve({ uploads(pool) }) { port ->
                    Client(port).use { client ->
                        client.post("/checksum", ByteArray(1000) { 1 }).body.decodeToString() shouldBe "1000"
                        client.post("/echo", content).body shouldBe content
                    }
                }
            }
        }
    }
}
