package dev.leasehold.samples.service

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith

class LostConnectionSpec : FunSpec({
    for (kind in ServiceKind.entries) {
        context("served by ${kind.word}") {
            test("a connection that is reset within a line is reported with the line, and nobody else notices") {
                withService(kind) {
                    connect().use { other ->
                        other.getOutputStream().write("a;1.0\n".toByteArray())
                        while (service.rows == 0L) Thread.sleep(1)
                        repeat(20) {
                            val rows = service.rows
                            resetAfter("b;1.0\nb;2.0\nb;3")
                            val refusal = nextRefusal()
                            refusal.reason shouldStartWith "line 3: cut off by a lost connection"
                            refusal.delivered shouldBe false
                            (service.rows - rows) shouldBe 2
                        }
                        other.shutdownOutput()
                        answer(other) shouldBe "{a=1.0/1.0/1.0}"
                    }
                    service.total() shouldBe "{a=1.0/1.0/1.0}"
                }
            }

            test("closing the service cuts the connections that are open and gives back their memory") {
                withService(kind) {
                    val open = List(5) { connect().apply { getOutputStream().write("a;1.0\nb".toByteArray()) } }
                    while (service.rows < 5) Thread.sleep(1)
                    service.close()
                    pool.stats().used shouldBe 0
                    open.forEach { it.close() }
                }
            }
        }
    }
})

/** Sends [text], waits until the service has read it, and resets the connection. */
private fun ServiceFixture.resetAfter(text: String) {
    val before = service.rows
    val socket = connect()
    socket.getOutputStream().write(text.toByteArray())
    while (service.rows < before + 2) Thread.sleep(1)
    socket.setSoLinger(true, 0)
    socket.close()
}
