package dev.leasehold.memory.diagnostics

import com.sun.net.httpserver.HttpHandler
import com.sun.net.httpserver.HttpServer
import dev.leasehold.memory.MemoryConfigurationException
import dev.leasehold.memory.internal.platform.HelperThread
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.URI

/**
 * Serves a [MemoryReport].
 *
 * **Ownership.** The caller of [MemoryReport.serve] closes it. Its threads are daemons.
 * **Threads.** Any.
 */
public class MemoryReportServer private constructor(private val server: HttpServer) : AutoCloseable {
    /** The port that it listens on. */
    public val port: Int = server.address.port

    /** Where the page is. */
    public val uri: URI = uriOf(server.address)

    /** Listens no more, and cuts off answers that are under way. Closing again does nothing. */
    override fun close(): Unit = server.stop(0)

    /** Where the page is, for logs. */
    override fun toString(): String = "MemoryReportServer at $uri"

    internal companion object {
        private const val MOST_PORT = 65_535
        private const val MISDIRECTED = 421
        private val THIS_MACHINE = setOf("localhost", "127.0.0.1", "[::1]")

        internal fun start(port: Int, address: InetAddress, handler: HttpHandler): MemoryReportServer {
            if (port !in 0..MOST_PORT) {
                throw MemoryConfigurationException("a report is served at a port from 0 to 65,535, and not at $port")
            }
            val server = HttpServer.create(InetSocketAddress(address, port), 0)
            server.createContext("/", if (address.isLoopbackAddress) ofThisMachine(handler) else handler)
            server.setExecutor { HelperThread.REPORT.virtual(it).start() }
            // A thread that it starts is a daemon where the one that starts it is.
            val starter = HelperThread.REPORT.platform(server::start)
            starter.start()
            starter.join()
            return MemoryReportServer(server)
        }

        // A page of the web whose name has come to lead here sends that name: it must not read what is only for this
        // machine.
        private fun ofThisMachine(handler: HttpHandler) = HttpHandler { exchange ->
            val host = exchange.requestHeaders.getFirst("Host").orEmpty().replace(Regex(":[0-9]*$"), "")
            if (host in THIS_MACHINE) {
                handler.handle(exchange)
            } else {
                exchange.use { it.sendResponseHeaders(MISDIRECTED, -1) }
            }
        }

        private fun uriOf(listening: InetSocketAddress): URI {
            val address = listening.address
            val host = if (address.isLoopbackAddress || address.isAnyLocalAddress) "localhost" else address.hostAddress
            return URI("http", null, host, listening.port, "/", null, null)
        }
    }
}
