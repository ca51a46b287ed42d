@file:JvmSynthetic

package dev.leasehold.memory.diagnostics

import com.sun.net.httpserver.Headers
import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpHandler
import dev.leasehold.memory.MemoryBudget

private const val OK = 200
private const val NOT_FOUND = 404
private const val NOT_ALLOWED = 405

// Of HttpExchange.sendResponseHeaders.
private const val NO_BODY = -1L

private const val POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'self'"

/** See [MemoryReport.handler]. Apart from it, which a JVM without a server can load. */
internal fun reportHandler(budget: MemoryBudget, history: MemoryHistory?): HttpHandler = HttpHandler { exchange ->
    exchange.use { it.answer(budget, history) }
}

private fun HttpExchange.answer(budget: MemoryBudget, history: MemoryHistory?) {
    responseHeaders.protect()
    if (requestMethod != "GET" && requestMethod != "HEAD") {
        responseHeaders["Allow"] = listOf("GET, HEAD")
        return send(NOT_ALLOWED, "text/plain", "The report answers GET and HEAD.\n")
    }
    val below = requestURI.path.removePrefix(httpContext.path).trim('/')
    when {
        below == "json" || requestURI.query == "json" ->
            send(OK, "application/json", MemorySnapshot.take(budget).toJson())

        below.isEmpty() ->
            send(OK, "text/html", MemoryReport.servedPage(budget, history, isStill = requestURI.query == "still"))

        else -> send(NOT_FOUND, "text/plain", "The report is at ${httpContext.path}, and as JSON at ?json.\n")
    }
}

private fun Headers.protect() {
    this["Cache-Control"] = listOf("no-store")
    this["Content-Security-Policy"] = listOf(POLICY)
    this["X-Content-Type-Options"] = listOf("nosniff")
    this["Referrer-Policy"] = listOf("no-referrer")
}

private fun HttpExchange.send(status: Int, type: String, text: String) {
    responseHeaders["Content-Type"] = listOf("$type; charset=utf-8")
    val body = text.encodeToByteArray()
    if (requestMethod == "HEAD") {
        responseHeaders["Content-Length"] = listOf("${body.size}")
        sendResponseHeaders(status, NO_BODY)
    } else {
        sendResponseHeaders(status, body.size.toLong())
        responseBody.write(body)
    }
}
