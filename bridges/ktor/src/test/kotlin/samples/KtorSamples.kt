package dev.leasehold.memory.ktor.samples

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MiB
import dev.leasehold.memory.Segment
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.ktor.receiveLeases
import dev.leasehold.memory.ktor.respondLeases
import dev.leasehold.memory.ktor.withBodyLease
import io.ktor.server.application.Application
import io.ktor.server.response.respondText
import io.ktor.server.routing.post
import io.ktor.server.routing.routing

internal fun Application.uploads(buffers: SuspendingPool) {
    routing {
        post("/checksum") {
            call.withBodyLease(buffers, maxSize = 1.MiB) { body ->
                call.respondText(body.withSegment { checksum(it) }.toString())
            }
        }
        post("/echo") {
            call.respondLeases(call.receiveLeases(buffers, 64.KiB))
        }
    }
}

private fun checksum(bytes: Segment): Long {
    var sum = 0L
    for (offset in 0L until bytes.size) sum += bytes.getByte(offset)
    return sum
}
