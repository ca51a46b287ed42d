package dev.leasehold.samples.service

import dev.leasehold.memory.MiB
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith
import java.net.Socket
import java.util.concurrent.Executors

private const val LINE = "Kardal;10.0\n"

/** A service with 8 MiB of a pool that has twice as much. */
private fun withSmallService(test: ServiceFixture.() -> Unit) =
    withService(ServiceKind.COROUTINES, options = { limit = 16.MiB }, test = test)

private val served: Long = ServiceMemory.limitedTo(8.MiB).use { it.served }

private val ServiceFixture.figures: MemoryFigures get() = (service as CoroutineService).figures()

/** Connections that have sent one line, of which the service has taken the memory for [served]. */
private fun ServiceFixture.open(count: Int, served: Long = count.toLong()): List<Socket> {
    val before = service.rows
    val sockets = List(count) { connect().apply { getOutputStream().write(LINE.toByteArray()) } }
    while (service.rows < before + served) Thread.sleep(1)
    return sockets
}

private fun ServiceFixture.finish(socket: Socket): String = socket.use {
    it.shutdownOutput()
    answer(it)
}

class ServiceWaitingSpec : FunSpec({
    test("a connection that finds no memory is not refused, but waits until another ends") {
        withSmallService {
            val holders = open(served.toInt())
            val late = connect().apply { getOutputStream().write(LINE.toByteArray()) }
            while (figures.mostWaiting == 0L) Thread.sleep(1)
            service.rows shouldBe served
            finish(holders[0]) shouldBe "{Kardal=10.0/10.0/10.0}"
            finish(late) shouldBe "{Kardal=10.0/10.0/10.0}"
            holders.drop(1).forEach { finish(it) shouldBe "{Kardal=10.0/10.0/10.0}" }
            figures.waited shouldBe 1
        }
    }

    test("thousands of silent connections hold no memory") {
        withSmallService {
            val silent = List(2000) { connect() }
            while (figures.connections < 2000) Thread.sleep(1)
            pool.stats().used shouldBe 0
            talk(LINE) shouldBe "{Kardal=10.0/10.0/10.0}"
            silent.forEach { it.close() }
        }
    }

    test("a lost connection that waited for memory leaves the line, and a bad line gives its memory to the next") {
        withSmallService {
            val holders = open(served.toInt())
            val gone = connect().apply { getOutputStream().write("lost".toByteArray()) }
            while (figures.mostWaiting < 1) Thread.sleep(1)
            val late = connect().apply { getOutputStream().write(LINE.toByteArray()) }
            while (figures.mostWaiting < 2) Thread.sleep(1)
            gone.setSoLinger(true, 0)
            gone.close()
            holders[0].getOutputStream().write("bad\n".toByteArray())
            finish(holders[0]) shouldStartWith "ERROR line 2: no ';'"
            val reasons = listOf(nextRefusal(), nextRefusal()).map { it.reason }.sorted()
            reasons[0] shouldStartWith "line 1: cut off by a lost connection"
            reasons[1] shouldStartWith "line 2: no ';'"
            finish(late) shouldBe "{Kardal=10.0/10.0/10.0}"
            holders.drop(1).forEach { it.close() }
        }
    }

    test("a slow reader keeps its large table until it has read; who needs one too waits, and all others are served") {
        val many = List(10_000) { "a station with a long name, number $it;1.5\n" }.joinToString("")
        withSmallService {
            val tables = 1
            val readers = List(tables) {
                connect().apply {
                    getOutputStream().write(many.toByteArray())
                    shutdownOutput()
                }
            }
            while (service.rows < tables * 10_000L) Thread.sleep(1)
            Executors.newSingleThreadExecutor().use { executor ->
                val late = executor.submit<String> { talk(many) }
                while (figures.mostWaiting == 0L) Thread.sleep(1)
                repeat(100) { talk(LINE) shouldBe "{Kardal=10.0/10.0/10.0}" }
                late.isDone shouldBe false
                pool.stats().used shouldBeGreaterThan GroundPlan.LARGE * tables
                val answers = readers.map { socket -> socket.use(::answer) }
                answers.toSet().size shouldBe 1
                late.get() shouldBe answers[0]
            }
            pool.stats().peak shouldBeLessThanOrEqual 16.MiB
        }
    }

    test("closing the service in the middle ends those that are served, those that wait and those that are silent") {
        withSmallService {
            val open = open(300, served = served)
            val silent = List(100) { connect() }
            while (figures.mostWaiting < 300 - served) Thread.sleep(1)
            service.close()
            pool.stats().used shouldBe 0
            (open + silent).forEach { it.close() }
        }
    }
})
