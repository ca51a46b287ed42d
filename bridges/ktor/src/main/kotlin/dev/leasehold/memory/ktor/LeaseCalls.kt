package dev.leasehold.memory.ktor

import dev.leasehold.memory.SharedLease
import dev.leasehold.memory.coroutines.FilledLease
import dev.leasehold.memory.coroutines.SuspendingPool
import dev.leasehold.memory.coroutines.withLease
import dev.leasehold.memory.ktor.internal.awaitUpTo
import dev.leasehold.memory.ktor.internal.fill
import io.ktor.http.ContentType
import io.ktor.http.HttpHeaders
import io.ktor.http.HttpStatusCode
import io.ktor.server.application.ApplicationCall
import io.ktor.server.plugins.PayloadTooLargeException
import io.ktor.server.request.contentLength
import io.ktor.server.request.header
import io.ktor.server.request.receiveChannel
import io.ktor.server.response.respond
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.io.EOFException

/** How much of a body is there before it gets a lease. */
private const val BEGINNING = 65_536L

/**
 * Receives the whole body into one lease, and runs [block] with it.
 *
 * ```kotlin
 * post("/scores") {
 *     call.withBodyLease(buffers, maxSize = 1.MiB) { body -> call.respondText(body.withSegment { score(it) }) }
 * }
 * ```
 *
 * The lease is rented when the body, or its first 64 KiB, are there: a client that sends nothing holds none, and
 * starves nobody. One that stops in the middle of a larger body holds its lease until it goes on or is cut off: put a
 * `withTimeout` around this, or use [receiveLeases], which holds nothing while it waits for the client.
 *
 * **Ownership.** The lease belongs to this call, and is closed when [block] has ended or the client has gone away, on
 * cancellation and timeouts too. It cannot be moved out.
 * **Threads.** Any.
 * **Zeroed.** What lies behind the [filled][FilledLease.length] part is not, unless the pool's hygiene says so.
 * **Cost.** A rent of the announced length, or of [maxSize] where the client announced none; one copy.
 *
 * Throws what [rent][dev.leasehold.memory.coroutines.rent] throws, and:
 *
 * @param maxSize how many bytes a body may have
 * @return what [block] returns
 * @throws PayloadTooLargeException when the body has more than [maxSize] bytes, which Ktor answers with 413
 * @throws kotlinx.io.EOFException when the body ends before its announced length
 * @throws kotlinx.io.IOException when the channel fails
 */
@JvmSynthetic
public suspend fun <R> ApplicationCall.withBodyLease(
    pool: SuspendingPool,
    maxSize: Long,
    block: suspend (FilledLease) -> R,
): R {
    val announced = bodyLength()
    if (announced != null && announced > maxSize) throw PayloadTooLargeException(maxSize)
    val size = announced ?: maxSize
    val body = receiveChannel()
    val _ = body.awaitUpTo(minOf(size, BEGINNING))
    return pool.withLease(size) { lease ->
        val filled = body.fill(lease, 0, size)
        if (announced != null && filled < announced) throw brokenOff(filled, announced)
        if (body.awaitUpTo(1)) throw PayloadTooLargeException(size)
        block(FilledLease(lease, filled))
    }
}

/**
 * Receives the body into leases of [size] bytes: all but the last are full.
 *
 * As [readLeases], which says whose they are and what they cost, and also notices a client that breaks its body off.
 * Nothing is rented while this waits for the client.
 *
 * Collecting throws a [kotlinx.io.EOFException] when the body ends before the length that its client announced. That
 * length is not known of a body in chunks, and not compared where it is encoded, as a plugin may decode it.
 *
 * @throws IllegalArgumentException when [size] is not positive, or above the mebibyte that a channel gathers
 */
@JvmSynthetic
public suspend fun ApplicationCall.receiveLeases(pool: SuspendingPool, size: Long): Flow<FilledLease> {
    val announced = bodyLength()
    val leases = receiveChannel().readLeases(pool, size)
    if (announced == null) return leases
    return flow {
        var received = 0L
        leases.collect {
            received += it.length
            emit(it)
        }
        if (received < announced) throw brokenOff(received, announced)
    }
}

/** How long the body is, if that is known: one that is encoded may be decoded on its way here. */
private fun ApplicationCall.bodyLength(): Long? =
    if (request.header(HttpHeaders.ContentEncoding) == null) request.contentLength() else null

// Ktor ends such a body like a whole one.
private fun brokenOff(received: Long, announced: Long) = EOFException(
    "The body ended after $received of the $announced bytes that its Content-Length announced: its client went away",
)

/**
 * Answers with the first [length] bytes of [lease]; by default all of them.
 *
 * **Ownership.** The lease stays the caller's. Its memory is not used after this has returned or thrown, also when it
 * was cancelled or the client has gone away; so closing it right behind this is safe.
 * **Threads.** Any.
 * **Cost.** One copy, into the channel's buffer. The lease is out while the client takes the answer: put a
 * `withTimeout` around this where clients are slow.
 *
 * @throws kotlinx.io.IOException when the channel fails, or the lease is closed meanwhile: then the cause says so
 * @throws IllegalArgumentException when [length] is negative or above the size of the lease
 */
@JvmSynthetic
public suspend fun ApplicationCall.respondLease(
    lease: SharedLease,
    length: Long = lease.size,
    contentType: ContentType? = null,
    status: HttpStatusCode? = null,
): Unit = respondLease(FilledLease(lease, length), contentType, status)

/** [respondLease] with what is filled of [filled]. */
@JvmSynthetic
public suspend fun ApplicationCall.respondLease(
    filled: FilledLease,
    contentType: ContentType? = null,
    status: HttpStatusCode? = null,
): Unit = respond(LeaseContent(listOf(filled), contentType, status))

/**
 * Answers with what is filled of [leases], in chunks: each is written while the next one is not there yet.
 *
 * ```kotlin
 * call.respondLeases(call.receiveLeases(buffers, 64.KiB)) // an echo of any length, in one lease
 * ```
 *
 * Otherwise as [respondLease]; the flow owns its leases.
 */
@JvmSynthetic
public suspend fun ApplicationCall.respondLeases(
    leases: Flow<FilledLease>,
    contentType: ContentType? = null,
    status: HttpStatusCode? = null,
): Unit = respond(LeaseContent(leases, null, contentType, status))
