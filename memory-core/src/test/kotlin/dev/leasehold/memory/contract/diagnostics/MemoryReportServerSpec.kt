package dev.leasehold.memory.contract.diagnostics

import com.sun.net.httpserver.HttpServer
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.MiB
import dev.leasehold.memory.diagnostics.MemoryReport
import dev.leasehold.memory.diagnostics.MemoryReportServer
import dev.leasehold.memory.rentShared
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.kotest.matchers.string.shouldStartWith
import java.net.BindException
import java.net.ConnectException
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.Socket
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.net.http.HttpResponse.BodyHandlers

class MemoryReportServerSpec : FunSpec() {
    private val client = HttpClient.newHttpClient()
    private val pool = MemoryPool.isolated("rows") { budget = MemoryBudget.rootOf("app", 64.MiB) }
    private val lease = pool.rentShared(5000)

    private fun ask(uri: URI, method: String = "GET"): HttpResponse<String> {
        val request = HttpRequest.newBuilder(uri).method(method, HttpRequest.BodyPublishers.noBody()).build()
        return client.send(request, BodyHandlers.ofString())
    }

    private fun HttpResponse<*>.header(name: String) = headers().firstValue(name).orElse(null)

    private fun <R> serving(action: (MemoryReportServer) -> R): R = MemoryReport.serve(budget = pool.budget).use(action)

    init {
        afterSpec {
            lease.close()
            pool.close()
            client.close()
        }

        test("the page is served to this machine, loads itself again, and may be neither kept nor run scripts") {
            serving { server ->
                server.uri shouldBe URI("http://localhost:${server.port}/")
                val answer = ask(server.uri)
                answer.statusCode() shouldBe 200
                answer.header("Content-Type") shouldBe "text/html; charset=utf-8"
                answer.header("Cache-Control") shouldBe "no-store"
                answer.header("X-Content-Type-Options") shouldBe "nosniff"
                answer.header("Content-Security-Policy") shouldStartWith
                    "default-src 'none'; style-src 'unsafe-inline'; "
                answer.body() shouldContain "<meta http-equiv=\"refresh\" content=\"5\"/>"
                answer.body() shouldContain "href=\"?still\""
                ParsedPage(answer.body()).rows("pool").getValue("rows")[1] shouldBe pool.stats().used
            }
        }

        test("it can be paused") {
            serving { server ->
                val answer = ask(server.uri.resolve("?still"))
                answer.statusCode() shouldBe 200
                answer.body() shouldNotContain "http-equiv"
                answer.body() shouldContain "href=\"?\""
            }
        }

        test("the figures are served as JSON, too") {
            serving { server ->
                for (place in listOf("?json", "json")) {
                    val answer = ask(server.uri.resolve(place))
                    answer.statusCode() shouldBe 200
                    answer.header("Content-Type") shouldBe "application/json; charset=utf-8"
                    answer.body() shouldContain "\"used\": ${pool.stats().used},"
                }
            }
        }

        test("HEAD is answered with the same headers and no body") {
            serving { server ->
                val answer = ask(server.uri, "HEAD")
                answer.statusCode() shouldBe 200
                answer.header("Content-Type") shouldBe "text/html; charset=utf-8"
                (answer.header("Content-Length").toInt() > 1000) shouldBe true
                answer.body() shouldBe ""
            }
        }

        test("what changes something is refused, and so is another path") {
            serving { server ->
                for (method in listOf("POST", "PUT", "DELETE", "OPTIONS")) {
                    val answer = ask(server.uri, method)
                    answer.statusCode() shouldBe 405
                    answer.header("Allow") shouldBe "GET, HEAD"
                    answer.header("Cache-Control") shouldBe "no-store"
                }
                ask(server.uri.resolve("favicon.ico")).statusCode() shouldBe 404
            }
        }

        test("a page of the web whose name leads to this machine reads nothing") {
            serving { server ->
                fun statusFor(host: String) = Socket(InetAddress.getLoopbackAddress(), server.port).use { socket ->
                    val request = "GET / HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n\r\n"
                    socket.getOutputStream().write(request.toByteArray())
                    socket.getInputStream().bufferedReader().readLine()
                }
                statusFor("shop.example:${server.port}") shouldContain " 421 "
                statusFor("localhost:${server.port}") shouldContain " 200 "
                statusFor("127.0.0.1") shouldContain " 200 "
            }
        }

        test("the handler serves below any context of another server") {
            val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)
            server.createContext("/memory", MemoryReport.handler(pool.budget))
            server.start()
            val base = URI("http://localhost:${server.address.port}/")
            for (place in listOf("memory", "memory/", "memory?still")) {
                ask(base.resolve(place)).body() shouldStartWith "<!doctype html>"
            }
            for (place in listOf("memory?json", "memory/json")) ask(base.resolve(place)).body() shouldStartWith "{"
            ask(base.resolve("memory/else")).statusCode() shouldBe 404
            server.stop(0)
        }

        test("a port that there is not is refused, and one in use fails") {
            for (port in listOf(-1, 65_536)) {
                shouldThrow<MemoryConfigurationException> { MemoryReport.serve(port) }.message shouldBe
                    "a report is served at a port from 0 to 65,535, and not at $port"
            }
            serving { server -> shouldThrow<BindException> { MemoryReport.serve(server.port) } }
        }

        test("no thread keeps the process, and after the close nobody listens") {
            val server = MemoryReport.serve(budget = pool.budget)
            ask(server.uri).statusCode() shouldBe 200
            val threads = Thread.getAllStackTraces().keys.filter { "Dispatcher" in it.name && "HTTP" in it.name }
            threads.map { it.isDaemon }.distinct() shouldBe listOf(true)
            server.close()
            server.close()
            listOf(ConnectException::class) shouldContain runCatching { ask(server.uri) }.exceptionOrNull()!!::class
        }
    }
}
