package dev.leasehold.memory.ktor.support

import io.ktor.server.application.Application
import io.ktor.server.cio.CIO
import io.ktor.server.cio.CIOApplicationEngine
import io.ktor.server.engine.connector
import io.ktor.server.engine.embeddedServer
import kotlinx.coroutines.runBlocking
import java.io.ByteArrayOutputStream
import java.io.DataInputStream
import java.io.IOException
import java.net.InetAddress
import java.net.Socket

/** Serves [module] on a port of its own while [use] runs. */
internal fun <R> serve(module: Application.() -> Unit, use: (port: Int) -> R): R {
    val configure: CIOApplicationEngine.Configuration.() -> Unit = {
        connector {
            host = "127.0.0.1"
            port = 0
        }
        // A client that a test lets idle is not cut off on a slow machine.
        connectionIdleTimeoutSeconds = 600
    }
    val server = embeddedServer(CIO, configure = configure, module = module).start(wait = false)
    try {
        return use(runBlocking { server.engine.resolvedConnectors().first().port })
    } finally {
        server.stop(gracePeriodMillis = 0, timeoutMillis = 2000)
    }
}

/** A plain connection: it can stop and break off wherever a test wants. */
internal class Client(port: Int) : AutoCloseable {
    private val socket = Socket(InetAddress.getLoopbackAddress(), port).apply { soTimeout = 120_000 }
    private val input = DataInputStream(socket.getInputStream().buffered(65_536))

    /** Announces a body of [length] bytes, or chunks where that is null. */
    fun begin(path: String, length: Long?, header: String = "X-None: 0") {
        val framing = (if (length == null) "Transfer-Encoding: chunked" else "Content-Length: $length") + "\r\n$header"
        send("POST $path HTTP/1.1\r\nHost: test\r\n$framing\r\n\r\n".encodeToByteArray())
    }

    fun send(bytes: ByteArray, offset: Int = 0, length: Int = bytes.size - offset) {
        socket.getOutputStream().write(bytes, offset, length)
    }

    fun post(path: String, body: ByteArray): Answer {
        begin(path, body.size.toLong())
        send(body)
        return answer()
    }

    fun postInChunks(path: String, body: ByteArray, size: Int): Answer {
        begin(path, null)
        for (chunk in body.asList().chunked(size)) {
            send("${chunk.size.toString(16)}\r\n".encodeToByteArray() + chunk.toByteArray() + CRLF)
        }
        send("0".encodeToByteArray() + CRLF + CRLF)
        return answer()
    }

    fun answer(): Answer {
        val status = line().split(' ')[1].toInt()
        val headers = generateSequence { line().ifEmpty { null } }
            .associate { it.substringBefore(':').lowercase() to it.substringAfter(':').trim() }
        val length = headers["content-length"]?.toInt()
        if (length != null) return Answer(status, headers, ByteArray(length).also(input::readFully))
        if (headers["transfer-encoding"] != "chunked") return Answer(status, headers, ByteArray(0))
        val body = ByteArrayOutputStream()
        while (true) {
            val chunk = ByteArray(line().toInt(16)).also(input::readFully)
            body.write(chunk)
            line()
            if (chunk.isEmpty()) return Answer(status, headers, body.toByteArray())
        }
    }

    private fun line(): String = buildString {
        while (true) {
            val char = input.read()
            if (char < 0) throw IOException("the server hung up")
            if (char == '\n'.code) return@buildString
            if (char != '\r'.code) append(char.toChar())
        }
    }

    /** Sends no more, and still takes an answer. */
    fun endBody(): Unit = socket.shutdownOutput()

    /** Goes away at once, without a word to the peer's application. */
    fun breakOff() {
        socket.setSoLinger(true, 0)
        socket.close()
    }

    override fun close(): Unit = socket.close()

    private companion object {
        val CRLF = "\r\n".encodeToByteArray()
    }
}

internal class Answer(val status: Int, val headers: Map<String, String>, val body: ByteArray)
