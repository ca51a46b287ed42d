package dev.leasehold.samples.service

import dev.leasehold.testing.await
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith

class LostConnectionSpec : FunSpec({
    test("a connection that is reset within a line is reported with the line, and no other notices") {
        withService {
            val other = connect().apply { send("a;1.0\n") }
            await("its line is taken") { service.rows == 1L }
            repeat(20) {
                val rows = service.rows
                resetAfter("b;1.0\nb;2.0\nb;3")
                nextRefusal() shouldStartWith "line 3: cut off by a lost connection"
                service.rows - rows shouldBe 2
            }
            finish(other) shouldBe "{a=1.0/1.0/1.0}"
            service.total() shouldBe "{a=1.0/1.0/1.0}"
        }
    }

    test("a client that resets its connection instead of reading the answer loses nothing but that") {
        withService {
            repeat(20) { resetAfter("b;1.0\nb;2.0\nbad\n") }
            talk(LINE) shouldBe LINE_ANSWER
            await("all leases are back") { used == 0L }
        }
    }

    test("closing the service cuts the connections that are open and gives back their memory") {
        withService {
            val open = List(5) { connect().apply { send("a;1.0\nb") } }
            await("their lines are taken") { service.rows == 5L }
            service.close()
            used shouldBe 0
            open.forEach { it.close() }
        }
    }
})

/** Sends [text], waits until the service has taken two lines of it, and resets the connection. */
private fun ServiceFixture.resetAfter(text: String) {
    val before = service.rows
    val socket = connect().apply { send(text) }
    await("two lines are taken") { service.rows == before + 2 }
    socket.setSoLinger(true, 0)
    socket.close()
}
