package dev.leasehold.samples.service

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import java.net.InetAddress
import java.net.InetSocketAddress
import java.nio.ByteBuffer
import java.nio.channels.ServerSocketChannel
import java.nio.channels.SocketChannel
import kotlin.time.Duration.Companion.milliseconds

/** Runs [test] on a loop, with both ends of a connection. */
private fun withWires(test: suspend CoroutineScope.(Wire, Wire) -> Unit): Unit = EventLoop("test loop").use { loop ->
    ServerSocketChannel.open().bind(InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).use { listener ->
        val near = SocketChannel.open(listener.localAddress)
        val far = listener.accept()
        runBlocking(loop) { Wire(near, loop).use { one -> Wire(far, loop).use { other -> test(one, other) } } }
    }
}

private fun text(text: String) = ByteBuffer.wrap(text.toByteArray())

class EventLoopSpec : FunSpec({
    test("a read waits for what the other side writes, and sees its end") {
        withWires { one, other ->
            val reader = async { one.read(ByteBuffer.allocate(10)) to one.read(ByteBuffer.allocate(10)) }
            yield()
            other.write(text("four"))
            repeat(100) { yield() }
            other.shutdownOutput()
            reader.await() shouldBe (4 to -1)
        }
    }

    test("a write waits while nobody reads, and loses nothing") {
        withWires { one, other ->
            val size = 8 shl 20
            val writer = launch {
                one.write(ByteBuffer.allocate(size))
                one.shutdownOutput()
            }
            repeat(100) { yield() }
            writer.isCompleted shouldBe false
            val bytes = ByteBuffer.allocate(100_000)
            var sum = 0
            while (true) sum += other.read(bytes.clear()).takeIf { it >= 0 } ?: break
            sum shouldBe size
        }
    }

    test("a cancelled wait does not disturb the next one on the same channel") {
        withWires { one, other ->
            repeat(100) {
                withTimeoutOrNull(1.milliseconds) { one.awaitBytes() } shouldBe null
                val waiter = launch { one.awaitBytes() }
                yield()
                waiter.cancelAndJoin()
            }
            other.write(text("x"))
            one.awaitBytes()
            one.read(ByteBuffer.allocate(2)) shouldBe 1
        }
    }

    test("a loop full of coroutines that never rest still serves its channels") {
        withWires { one, other ->
            val busy = List(1000) { launch { while (true) yield() } }
            val reader = async { one.read(ByteBuffer.allocate(10)) }
            yield()
            other.write(text("hello"))
            reader.await() shouldBe 5
            busy.forEach { it.cancel() }
        }
    }
})
