package dev.leasehold.samples.service

import dev.leasehold.memory.MiB
import dev.leasehold.testing.await
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith
import java.util.concurrent.Executors

/** More connections than this wait, under a limit of 8 MiB. */
private val SERVED: Int = ServiceMemory(8.MiB).use { it.served.toInt() }

private fun ServiceFixture.awaitWaiters(count: Int) =
    await("$count connections wait for memory") { memory.connections.stats().waiters == count }

class ServiceWaitingSpec : FunSpec({
    test("a connection that finds no memory is not refused, but waits until another ends") {
        withService {
            val holders = holders(SERVED)
            val late = connect().apply { send(LINE) }
            awaitWaiters(1)
            service.rows shouldBe SERVED.toLong()
            finish(holders[0]) shouldBe LINE_ANSWER
            finish(late) shouldBe LINE_ANSWER
            holders.drop(1).forEach { finish(it) shouldBe LINE_ANSWER }
            memory.connections.stats().waits.served shouldBe 1
        }
    }

    test("thousands of silent connections hold no memory") {
        withService {
            val silent = List(2000) { connect() }
            talk(LINE) shouldBe LINE_ANSWER // accepted behind all of them
            await("the memory of that connection is back") { used == 0L }
            silent.forEach { it.close() }
        }
    }

    test("a lost connection that waited for memory leaves the line, and a bad line gives its memory to the next") {
        withService {
            val holders = holders(SERVED)
            val gone = connect().apply { send("lost") }
            awaitWaiters(1)
            val late = connect().apply { send(LINE) }
            awaitWaiters(2)
            gone.setSoLinger(true, 0)
            gone.close()
            holders[0].send("bad\n")
            finish(holders[0]) shouldStartWith "ERROR line 2: no ';'"
            // The first gives its memory back before it reports, and the other may be faster.
            val (lost, bad) = List(2) { nextRefusal() }.sorted()
            lost shouldStartWith "line 1: cut off by a lost connection"
            bad shouldStartWith "line 2: no ';'"
            finish(late) shouldBe LINE_ANSWER
            holders.drop(1).forEach { it.close() }
        }
    }

    test(
        "a slow reader keeps its large table until it has read; another that needs one waits, and the rest are served",
    ) {
        val many = List(10_000) { "a station with a long name, number $it;1.5\n" }.joinToString("")
        withService {
            val reader = connect(receiveBuffer = 4096).apply {
                send(many)
                shutdownOutput()
            }
            await("all of its lines are taken") { service.rows == 10_000L }
            Executors.newSingleThreadExecutor().use { executor ->
                val late = executor.submit<String> { talk(many) }
                await("another waits for a large table") { memory.largeTables.stats().waiters == 1 }
                repeat(100) { talk(LINE) shouldBe LINE_ANSWER }
                late.isDone shouldBe false
                used shouldBeGreaterThan ServiceMemory.LARGE_TABLE
                val answer = finish(reader)
                answer shouldStartWith "{a station with a long name, number 0=1.5/1.5/1.5, "
                late.get() shouldBe answer
            }
        }
    }

    test("closing the service in the middle ends those that are served, those that wait and those that are silent") {
        withService {
            val holders = holders(SERVED)
            val waiting = List(200) { connect().apply { send(LINE) } }
            val silent = List(100) { connect() }
            awaitWaiters(200)
            service.close()
            used shouldBe 0
            (holders + waiting + silent).forEach { it.close() }
        }
    }
})
